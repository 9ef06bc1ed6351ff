import { Context, Effect, Layer, Option } from "effect"
import { AgentRepo } from "./Agents/Repo.ts"
import { Attachments } from "./Attachments.ts"
import { asAdmin } from "./Auth.ts"
import { Cache } from "./Cache.ts"
import type { WriteRefused } from "./domain/Error.ts"
import type { Image, ImageRefused } from "./domain/Image.ts"
import type { Message, MessageCreate } from "./domain/Message.ts"
import { type RoomForbidden, RoomNotFound } from "./domain/Room.ts"
import type { RoomId } from "./domain/RoomId.ts"
import * as Time from "./domain/Time.ts"
import { type AdminRequired, CurrentUser } from "./domain/User.ts"
import { MessageRepo, type Window } from "./Messages/Repo.ts"
import { Orchestrator } from "./Orchestrator.ts"
import { Ledger } from "./Orchestrator/Ledger.ts"
import { mentionsIn } from "./Orchestrator/Plan.ts"
import { logGroup, RoomEvents } from "./RoomEvents.ts"
import { Rooms } from "./Rooms.ts"
import { RoomRepo } from "./Rooms/Repo.ts"
import { SdkPool } from "./SdkPool.ts"
import { WriteQueue } from "./WriteQueue.ts"

type Denied = RoomNotFound | RoomForbidden

export class Messages extends Context.Tag("parley/Messages")<
  Messages,
  {
    /** A page as JSON text, oldest first. */
    readonly page: (room: RoomId, window: Window) => Effect.Effect<string, Denied, CurrentUser>
    /**
     * Stores what a person says and starts a round. Durable when it returns. The same key in the same room gives the
     * message that was stored first, and starts nothing.
     */
    readonly send: (
      room: RoomId,
      message: MessageCreate,
      key: Option.Option<string>
    ) => Effect.Effect<Message, Denied | ImageRefused | WriteRefused, CurrentUser>
    /** Nobody speaks, and no agent remembers what was said, when this returns. */
    readonly clear: (room: RoomId) => Effect.Effect<void, RoomNotFound | AdminRequired | WriteRefused, CurrentUser>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const cache = yield* Cache
  const queue = yield* WriteQueue
  const repo = yield* MessageRepo
  const attachments = yield* Attachments
  const roomRepo = yield* RoomRepo
  const rooms = yield* Rooms
  const agents = yield* AgentRepo
  const ledger = yield* Ledger
  const events = yield* RoomEvents
  const pool = yield* SdkPool
  const orchestrator = yield* Orchestrator
  const pages = cache.region<string>()

  const nameOf = (window: Window) =>
    [window.limit, Option.getOrElse(window.after, () => "-"), Option.getOrElse(window.before, () => "-")].join("/")

  const store = Effect.fnUntraced(function* (
    roomId: RoomId,
    body: MessageCreate,
    key: string | null,
    images: ReadonlyArray<Image>
  ) {
    const known = key === null ? Option.none() : yield* repo.byKey(roomId, key)
    if (Option.isSome(known)) return { message: known.value, isNew: false }
    const timestamp = yield* Time.now
    yield* roomRepo.touch(roomId, timestamp, 0)
    const message = yield* repo.insert({
      room_id: roomId,
      agent_id: null,
      agent_name: null,
      role: "user",
      participant_type: speakerTypes.has(body.participant_type ?? "") ? (body.participant_type ?? null) : "user",
      participant_name: body.participant_name || null,
      content: body.content,
      images,
      thinking: null,
      provider: null,
      partial: false,
      idempotency_key: key,
      timestamp
    })
    yield* attachments.keep(message.id, images)
    yield* events.append(roomId, { type: "new_message", message })
    return { message, isNew: true }
  })

  const trigger = Effect.fnUntraced(function* (message: Message, mentioned: MessageCreate["mentioned_agent_ids"]) {
    const members = yield* agents.members(message.room_id)
    if (members.length === 0) return
    const cause = yield* Effect.option(Effect.currentSpan)
    yield* orchestrator.trigger(message.room_id, {
      kind: "message",
      message_id: message.id,
      mentioned_agent_ids: [...(mentioned ?? []), ...mentionsIn(message.content, members)],
      cause: Option.match(cause, {
        onNone: () => null,
        onSome: ({ spanId, traceId }) => ({ trace_id: traceId, span_id: spanId })
      })
    })
  })

  return Messages.of({
    page: (roomId, window) =>
      Effect.zipRight(
        rooms.access(roomId),
        pages.get(
          { group: logGroup(roomId), name: nameOf(window) },
          Effect.suspend(() => repo.page(roomId, window))
        )
      ),

    send: Effect.fnUntraced(function* (roomId, body, key) {
      yield* rooms.access(roomId)
      const images = yield* attachments.read(body)
      // From the commit on the message will be answered, whatever becomes of the connection.
      return yield* Effect.uninterruptible(
        Effect.gen(function* () {
          const { isNew, message } = yield* queue.write(store(roomId, body, Option.getOrNull(key), images))
          if (isNew) yield* trigger(message, body.mentioned_agent_ids)
          return message
        })
      )
    }),

    clear: Effect.fn("Messages.clear")(function* (roomId) {
      yield* asAdmin
      yield* roomRepo.find(roomId)
      yield* orchestrator.stop(roomId, "interrupted")
      yield* queue.write(
        repo
          .clear(roomId)
          .pipe(
            Effect.zipRight(ledger.dropSessions(roomId, null)),
            Effect.zipRight(roomRepo.restart(roomId)),
            Effect.zipRight(events.wipe(roomId)),
            Effect.zipRight(events.append(roomId, { type: "messages_cleared" }))
          )
      )
      yield* pool.evict((seat) => seat.roomId === roomId)
    })
  })
})

/** What a client may say it is; the other kinds are the server's. */
const speakerTypes: ReadonlySet<string> = new Set(["user", "character", "situation_builder"])
