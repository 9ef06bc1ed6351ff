import { Context, Effect, Layer, Option, Schema } from "effect"
import { AgentRepo } from "../store/AgentRepo.ts"
import { asAdmin } from "./Auth.ts"
import { Cache } from "../store/Cache.ts"
import { Agent, asSeenBy } from "../domain/Agent.ts"
import type { Unwritten } from "../domain/Storage.ts"
import { PageSize } from "../domain/Message.ts"
import {
  engineFields,
  type ProviderUnknown,
  type RoomCreate,
  type RoomExists,
  RoomForbidden,
  type RoomNotFound,
  RoomRow,
  type RoomUpdate
} from "../domain/Room.ts"
import type { RoomId } from "../domain/RoomId.ts"
import * as Change from "./Rooms/Change.ts"
import type { SettingRefused, Wanted } from "../domain/RoomSettings.ts"
import * as Time from "../domain/Time.ts"
import { type AdminRequired, CurrentUser, type User } from "../domain/User.ts"
import * as Json from "../lib/json.ts"
import { type Tagged, tagged } from "../lib/tagged.ts"
import { MessageRepo } from "../store/MessageRepo.ts"
import { Orchestrator } from "../engine/Orchestrator.ts"
import { Ledger } from "../store/Ledger.ts"
import { Providers } from "../models/Providers.ts"
import { Removal } from "../engine/Removal.ts"
import { RoomEvents, roomGroup } from "../store/RoomEvents.ts"
import { type RoomPage, RoomRepo } from "../store/RoomRepo.ts"
import { SdkPool } from "../models/SdkPool.ts"
import { Settings } from "../process/Settings.ts"
import { WriteQueue } from "../store/WriteQueue.ts"

/** A `Room` as JSON text. */
const RoomJson = Json.JsonText.pipe(Schema.brand("RoomJson"))
type RoomJson = typeof RoomJson.Type

type Denied = RoomNotFound | RoomForbidden

export class Rooms extends Context.Tag("parley/features/Rooms")<
  Rooms,
  {
    /** Passes the owner and the admin; reads nothing while the room is remembered. */
    readonly access: (id: RoomId) => Effect.Effect<RoomRow, Denied, CurrentUser>
    /** Whether it is remembered that the user may pass. */
    readonly isOpenTo: (user: User, id: RoomId) => boolean
    /** Remembered until anything is written. */
    readonly list: (page: RoomPage) => Effect.Effect<Tagged, never, CurrentUser>
    /** The same, if it is remembered. */
    readonly listIfPresent: (user: User, page: RoomPage) => Tagged | undefined
    readonly create: (
      room: typeof RoomCreate.Type
    ) => Effect.Effect<RoomJson, RoomExists | ProviderUnknown | Unwritten, CurrentUser>
    /** With its agents and its newest messages, up to a thousand. */
    readonly get: (id: RoomId) => Effect.Effect<RoomJson, Denied, CurrentUser>
    /** The same for somebody who has passed already. */
    readonly show: (id: RoomId) => Effect.Effect<RoomJson, RoomNotFound, CurrentUser>
    /**
     * A pause has taken effect when this returns: nobody speaks any more. The end of a pause opens a round for what
     * people said meanwhile.
     */
    readonly update: (
      id: RoomId,
      changes: typeof RoomUpdate.Type
    ) => Effect.Effect<RoomJson, Denied | RoomExists | ProviderUnknown | SettingRefused | Unwritten, CurrentUser>
    /** The same where nothing else is changed. */
    readonly pause: (
      id: RoomId,
      is_paused: boolean
    ) => Effect.Effect<RoomJson, Denied | RoomExists | Unwritten, CurrentUser>
    readonly markRead: (id: RoomId) => Effect.Effect<Time.Timestamp, Denied | Unwritten, CurrentUser>
    /**
     * The room is there for nobody, and nobody speaks in it, when this returns; a large one is then still taken away.
     */
    readonly remove: (id: RoomId) => Effect.Effect<void, RoomNotFound | AdminRequired | Unwritten, CurrentUser>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const whole = PageSize.make(1000)

const encodeHead = Schema.encodeSync(
  Schema.parseJson(
    Schema.Struct({
      ...RoomRow.omit(...engineFields).fields,
      last_read_at: Schema.NullOr(Time.Timestamp),
      agents: Schema.Array(Agent)
    })
  )
)

const make = Effect.gen(function* () {
  const settings = yield* Settings
  const cache = yield* Cache
  const queue = yield* WriteQueue
  const rooms = yield* RoomRepo
  const agents = yield* AgentRepo
  const messages = yield* MessageRepo
  const events = yield* RoomEvents
  const ledger = yield* Ledger
  const removal = yield* Removal
  const pool = yield* SdkPool
  const providers = yield* Providers
  const orchestrator = yield* Orchestrator
  const { change, sufficient } = yield* Change.make
  const rows = cache.region<RoomRow, RoomNotFound>()

  const lists = cache.region<Tagged>()
  /** What the lists that are remembered were read at. */
  let listed = queue.version()

  const listKey = ({ role, user_id }: User, page: RoomPage) => ({
    group: "lists",
    name: Json.stringify([role, user_id, page])
  })

  /** Whatever is written may change a list. */
  const renewed = Effect.suspend(() => {
    if (listed === queue.version()) return Effect.void
    listed = queue.version()
    return cache.invalidate("lists")
  })

  const keyOf = (id: RoomId) => ({ group: roomGroup(id), name: "row" })
  const mayPass = (user: User, room: RoomRow) => user.role === "admin" || room.owner_id === user.user_id

  const access = (id: RoomId) =>
    Effect.flatMap(CurrentUser, (user) =>
      Effect.flatMap(
        rows.get(
          keyOf(id),
          Effect.suspend(() => rooms.find(id))
        ),
        (room): Effect.Effect<RoomRow, RoomForbidden> =>
          mayPass(user, room) ? Effect.succeed(room) : RoomForbidden.of()
      )
    )

  const isOpenTo = (user: User, id: RoomId) => {
    const room = rows.getIfPresent(keyOf(id))
    return room !== undefined && mayPass(user, room)
  }

  const seated = (id: RoomId) =>
    Effect.zipWith(CurrentUser, agents.inRoom(id), (user, found) => found.map(asSeenBy(user)))

  const json = Effect.fnUntraced(function* (id: RoomId) {
    const { user_id } = yield* CurrentUser
    const room = yield* rooms.find(id)
    const last_read_at = yield* rooms.lastRead(id, user_id)
    const head = encodeHead({ ...room, last_read_at, agents: yield* seated(id) })
    const { json: page } = yield* messages.page(id, { limit: whole, after: Option.none(), before: Option.none() })
    return RoomJson.make(`${head.slice(0, -1)},"messages":${page}}`)
  })

  /** The columns that name what a room speaks with; none where nothing is asked for. */
  const speech = Effect.fnUntraced(function* (
    room: RoomRow,
    { model, provider }: Pick<typeof RoomUpdate.Type, "model" | "provider">
  ) {
    if (!provider) return typeof model === "string" ? { default_model: model || null } : {}
    const chosen = yield* providers.choose({ provider, model })
    const isSame = chosen.provider.name === room.default_provider
    const usual = isSame ? room.default_model : null
    return { default_provider: chosen.provider.name, default_model: model === "" ? null : (chosen.model ?? usual) }
  })

  return Rooms.of({
    access,
    isOpenTo,

    list: (page) =>
      Effect.flatMap(CurrentUser, (user) => {
        const owner = user.role === "admin" ? null : user.user_id
        const read = Effect.map(rooms.list(user.user_id, owner, page), tagged)
        return Effect.zipRight(renewed, lists.get(listKey(user, page), read))
      }),

    listIfPresent: (user, page) => (listed === queue.version() ? lists.getIfPresent(listKey(user, page)) : undefined),

    create: Effect.fn("Rooms.create")(function* ({ model, name, provider, ...wanted }) {
      const { user_id } = yield* CurrentUser
      const chosen = yield* providers.choose({ provider, model })
      const created_at = yield* Time.now
      const room = rooms.insert({
        owner_id: user_id,
        name,
        ...settingsOf(wanted),
        default_provider: chosen.provider.name,
        default_model: chosen.model ?? Option.getOrNull(settings.DEFAULT_MODEL),
        created_at
      })
      const { id } = yield* queue.write(Effect.tap(room, events.open))
      return yield* Effect.orDie(json(id))
    }),

    get: Effect.fn("Rooms.get")((id) => Effect.zipRight(access(id), json(id))),

    show: json,

    update: Effect.fn("Rooms.update")(function* (id, { is_paused, model, name, provider, ...wanted }) {
      const room = yield* access(id)
      yield* sufficient(id, wanted.budget_tokens)
      yield* change(id, {
        ...(name ? { name } : {}),
        ...(yield* speech(room, { model, provider })),
        ...settingsOf(wanted),
        ...(typeof is_paused === "boolean" ? { is_paused } : {})
      })
      return yield* json(id)
    }),

    pause: Effect.fn("Rooms.pause")((id, is_paused) =>
      access(id).pipe(Effect.zipRight(change(id, { is_paused })), Effect.zipRight(json(id)))
    ),

    markRead: Effect.fn("Rooms.markRead")(function* (id) {
      const { user_id } = yield* CurrentUser
      yield* access(id)
      const at = yield* Time.now
      yield* queue.write(Effect.zipRight(rooms.find(id), rooms.markRead(id, user_id, at)))
      return at
    }),

    remove: Effect.fn("Rooms.remove")(function* (id) {
      yield* asAdmin
      const ended_at = yield* Time.now
      const room = yield* queue.write(
        rooms.hide(id).pipe(Effect.zipLeft(ledger.closeRounds(id, ended_at)), Effect.tap(events.forget))
      )
      yield* orchestrator.stop(id, "interrupted")
      yield* events.close(room)
      yield* pool.evict((seat) => seat.roomId === id)
      yield* removal.remove(id)
    }, Effect.uninterruptible)
  })
})

/** Null means "no limit" where that can be, and else leaves the setting alone. */
const settingsOf = (wanted: Omit<typeof RoomUpdate.Type, "name" | "is_paused" | "provider" | "model">): Wanted => ({
  max_interactions: wanted.max_interactions,
  turn_policy: wanted.turn_policy ?? undefined,
  double_text: wanted.double_text ?? undefined,
  someone_answers: wanted.someone_answers ?? undefined,
  max_messages: wanted.max_messages ?? undefined,
  max_follow_ups: wanted.max_follow_ups ?? undefined,
  budget_tokens: wanted.budget_tokens,
  budget_usd: wanted.budget_usd,
  autonomous: wanted.autonomous ?? undefined,
  autonomous_every: wanted.autonomous_every ?? undefined,
  autonomous_ceiling: wanted.autonomous_ceiling ?? undefined,
  autonomous_max_rounds: wanted.autonomous_max_rounds ?? undefined
})
