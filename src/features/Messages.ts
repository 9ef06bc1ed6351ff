import { Array, Context, Effect, Layer, Option, Schema } from "effect"
import { AgentRepo } from "../store/AgentRepo.ts"
import { Attachments } from "../store/Attachments.ts"
import { asAdmin } from "./Auth.ts"
import { Cache } from "../store/Cache.ts"
import type { Member } from "../domain/Agent.ts"
import type { Unwritten } from "../domain/Storage.ts"
import type { Image, ImageRefused } from "../domain/Image.ts"
import { Message, type MessageCreate } from "../domain/Message.ts"
import type { RoomBusy, RoomForbidden, RoomNotFound } from "../domain/Room.ts"
import type { RoomId } from "../domain/RoomId.ts"
import type { Trigger } from "../domain/Round.ts"
import * as Time from "../domain/Time.ts"
import { type AdminRequired, CurrentUser, type User } from "../domain/User.ts"
import { type Tagged, tagged } from "../lib/tagged.ts"
import { MessageRepo, type Window } from "../store/MessageRepo.ts"
import { Orchestrator } from "../engine/Orchestrator.ts"
import { Ledger } from "../store/Ledger.ts"
import { mentionsIn } from "../engine/Mentions.ts"
import { Operations } from "../store/Operations.ts"
import { Sessions } from "../store/Sessions.ts"
import { Removal } from "../engine/Removal.ts"
import { logGroup, RoomEvents } from "../store/RoomEvents.ts"
import { Rooms } from "./Rooms.ts"
import { RoomRepo } from "../store/RoomRepo.ts"
import { SdkPool } from "../models/SdkPool.ts"
import * as GenAi from "../telemetry/GenAi.ts"
import { WriteQueue } from "../store/WriteQueue.ts"

type Denied = RoomNotFound | RoomForbidden

export interface Reading extends Window {
  /** With the first image of each message inside it. */
  readonly inline?: boolean
}

export class Messages extends Context.Tag("parley/features/Messages")<
  Messages,
  {
    /** A page as JSON, oldest first. */
    readonly page: (room: RoomId, reading: Reading) => Effect.Effect<Tagged, Denied, CurrentUser>
    /** The same, if it is remembered and the user may read it. Images inside a page are never remembered. */
    readonly pageIfPresent: (user: User, room: RoomId, reading: Reading) => Tagged | undefined
    /**
     * Stores what a person says and opens the round that answers it. Both are durable when it returns. The same key in
     * the same room gives the message that was stored first, and starts nothing.
     */
    readonly send: (
      room: RoomId,
      message: MessageCreate,
      key: Option.Option<string>
    ) => Effect.Effect<Message, Denied | ImageRefused | RoomBusy | Unwritten, CurrentUser>
    /** The message with its first image inside it. */
    readonly whole: (message: Message) => Effect.Effect<Message>
    /**
     * Nothing of what was said is seen, nobody speaks, and no agent remembers it, when this returns. A large room is
     * then still being emptied.
     */
    readonly clear: (room: RoomId) => Effect.Effect<void, RoomNotFound | AdminRequired | Unwritten, CurrentUser>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

interface PageFound extends Tagged {
  readonly isPictured: boolean
}

const Page = Schema.parseJson(Schema.Array(Message))
const decodePage = Schema.decode(Page)
const encodePage = Schema.encode(Page)

const make = Effect.gen(function* () {
  const cache = yield* Cache
  const queue = yield* WriteQueue
  const repo = yield* MessageRepo
  const attachments = yield* Attachments
  const roomRepo = yield* RoomRepo
  const rooms = yield* Rooms
  const agents = yield* AgentRepo
  const ledger = yield* Ledger
  const operations = yield* Operations
  const sessions = yield* Sessions
  const events = yield* RoomEvents
  const removal = yield* Removal
  const pool = yield* SdkPool
  const orchestrator = yield* Orchestrator
  const pages = cache.region<PageFound>()

  const keyOf = (roomId: RoomId, { after, before, limit }: Window) => ({
    group: logGroup(roomId),
    name: `${limit}/${Option.getOrElse(after, () => "-")}/${Option.getOrElse(before, () => "-")}`
  })

  const hasInline = ({ inline = false }: Reading, { isPictured }: PageFound) => inline && isPictured

  const inlined = Effect.fnUntraced(function* ({ bytes, etag }: Tagged) {
    const messages = yield* attachments.inline(yield* decodePage(Buffer.from(bytes).toString()))
    // The images of a message are as lasting as its text, which the tag tells already.
    return { bytes: Buffer.from(yield* encodePage(messages)), etag: etag.replace(/"$/, '+images"') }
  }, Effect.orDie)

  /** Whom a message names, by id or in its words. */
  const askedOf = (
    { content, mentioned_agent_ids }: MessageCreate,
    members: ReadonlyArray<Member>,
    cause: Trigger["cause"]
  ) => {
    const [strangers, known] = Array.partition(mentioned_agent_ids ?? [], (id) =>
      members.some((member) => member.id === id)
    )
    const { ids, unknown } = mentionsIn(content, members)
    return {
      mentioned_agent_ids: Array.dedupe([...known, ...ids]),
      unknown_mentions: [...strangers, ...unknown],
      cause
    }
  }

  const messageOf = (
    room_id: RoomId,
    { content, participant_name, participant_type }: MessageCreate,
    images: ReadonlyArray<Image>,
    idempotency_key: string | null
  ) => ({
    room_id,
    agent_id: null,
    agent_name: null,
    agent_display_name: null,
    role: "user" as const,
    participant_type: speakerTypes.has(participant_type ?? "") ? (participant_type ?? null) : "user",
    participant_name: participant_name || null,
    content,
    images,
    thinking: null,
    provider: null,
    partial: false,
    finish: null,
    idempotency_key
  })

  return Messages.of({
    page: (roomId, reading) =>
      Effect.zipRight(
        rooms.access(roomId),
        pages.get(
          keyOf(roomId, reading),
          Effect.suspend(() =>
            Effect.map(repo.page(roomId, reading), ({ is_pictured, json }): PageFound => ({
              ...tagged(json),
              isPictured: is_pictured
            }))
          )
        )
      ).pipe(
        Effect.flatMap((page): Effect.Effect<Tagged> =>
          hasInline(reading, page) ? inlined(page) : Effect.succeed(page)
        )
      ),

    pageIfPresent: (user, roomId, reading) => {
      const page = rooms.isOpenTo(user, roomId) ? pages.getIfPresent(keyOf(roomId, reading)) : undefined
      return page === undefined || hasInline(reading, page) ? undefined : page
    },

    send: Effect.fnUntraced(function* (roomId, body, key) {
      const room = yield* rooms.access(roomId)
      const images = yield* attachments.read(body)
      const members = yield* agents.members(roomId)
      // From the commit on the message will be answered, whatever becomes of the connection.
      return yield* Effect.uninterruptible(
        Effect.gen(function* () {
          const { message, round } = yield* operations.post({
            message: messageOf(roomId, body, images, Option.getOrNull(key)),
            members,
            asked: askedOf(body, members, yield* GenAi.cause),
            wasCircling: room.loop_guard !== null
          })
          const when = room.double_text === "enqueue" ? "after_turn" : "now"
          if (round !== null) yield* orchestrator.play(roomId, round, when)
          return message
        })
      )
    }),

    whole: (message) => Effect.map(attachments.inline([message]), ([found = message]) => found),

    clear: Effect.fn("Messages.clear")(function* (roomId) {
      yield* asAdmin
      const ended_at = yield* Time.now
      const end = { stop_reason: "interrupted" as const, stop_detail: null, ended_at }
      yield* queue.write(
        Effect.gen(function* () {
          yield* roomRepo.restart(roomId)
          // What is being said now answers what is gone: the end of its round makes it count as discarded.
          const open = yield* ledger.open(roomId)
          yield* Effect.forEach(open, ({ id }) => ledger.closeRound(id, end))
          yield* sessions.drop(roomId, null)
          yield* events.append(roomId, { type: "messages_cleared" })
          const { stop_detail, stop_reason } = end
          yield* Effect.forEach(open, ({ id }) =>
            events.append(roomId, { type: "round_ended", round_id: id, stop_reason, stop_detail })
          )
        })
      )
      yield* orchestrator.stop(roomId, "interrupted")
      yield* pool.evict((seat) => seat.roomId === roomId)
      yield* removal.remove(roomId)
    }, Effect.uninterruptible)
  })
})

/** What a client may say it is; the other kinds are the server's. */
const speakerTypes: ReadonlySet<string> = new Set(["user", "character", "situation_builder"])
