import { Context, Effect, Layer, Option } from "effect"
import { type Agent, type AgentId, asSeenBy } from "../domain/Agent.ts"
import { choiceIn, type ModelChoice, noChoice } from "../domain/ModelChoice.ts"
import type { Page } from "../domain/Param.ts"
import {
  type ProviderUnknown,
  type RoomForbidden,
  type RoomNotFound,
  RoomOrAgentNotFound,
  type RoomRow
} from "../domain/Room.ts"
import type { RoomId } from "../domain/RoomId.ts"
import { type SeatChoice, SeatNotFound, type SeatUpdate } from "../domain/Seat.ts"
import { shownName } from "../domain/ShownName.ts"
import type { Unwritten } from "../domain/Storage.ts"
import * as Time from "../domain/Time.ts"
import { type AdminRequired, CurrentUser } from "../domain/User.ts"
import { Orchestrator } from "../engine/Orchestrator.ts"
import { Providers } from "../models/Providers.ts"
import { SdkPool } from "../models/SdkPool.ts"
import { Personas } from "../personas/Personas.ts"
import { AgentRepo } from "../store/AgentRepo.ts"
import { MessageRepo } from "../store/MessageRepo.ts"
import { RoomEvents } from "../store/RoomEvents.ts"
import { RoomRepo } from "../store/RoomRepo.ts"
import { Sessions } from "../store/Sessions.ts"
import { WriteQueue } from "../store/WriteQueue.ts"
import { asAdmin } from "./Auth.ts"
import { Rooms } from "./Rooms.ts"

type Denied = RoomNotFound | RoomForbidden

/** Who sits in a room, and what they speak with. */
export class Seats extends Context.Tag("parley/features/Seats")<
  Seats,
  {
    readonly roster: (id: RoomId, page: Page) => Effect.Effect<ReadonlyArray<Agent>, Denied, CurrentUser>
    /** Seats the agent, unless it is retired; does nothing when it sits there already. */
    readonly join: (
      id: RoomId,
      agent: AgentId
    ) => Effect.Effect<void, Denied | RoomOrAgentNotFound | Unwritten, CurrentUser>
    /** What a seated agent speaks with. */
    readonly seat: (id: RoomId, agent: AgentId) => Effect.Effect<SeatChoice, Denied | SeatNotFound, CurrentUser>
    /** From its next turn on the agent speaks with this; its session begins anew from the log where it must. */
    readonly choose: (
      id: RoomId,
      agent: AgentId,
      changes: typeof SeatUpdate.Type
    ) => Effect.Effect<SeatChoice, Denied | SeatNotFound | ProviderUnknown | Unwritten, CurrentUser>
    /** Interrupts the agent when it is speaking. */
    readonly leave: (
      id: RoomId,
      agent: AgentId
    ) => Effect.Effect<void, RoomOrAgentNotFound | AdminRequired | Unwritten, CurrentUser>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const queue = yield* WriteQueue
  const rooms = yield* Rooms
  const repo = yield* RoomRepo
  const agents = yield* AgentRepo
  const personas = yield* Personas
  const messages = yield* MessageRepo
  const sessions = yield* Sessions
  const events = yield* RoomEvents
  const pool = yield* SdkPool
  const providers = yield* Providers
  const orchestrator = yield* Orchestrator

  const member = Effect.fnUntraced(function* (id: RoomId, agent: AgentId) {
    const found = (yield* agents.members(id)).find((seated) => seated.id === agent)
    return found ?? (yield* SeatNotFound.of())
  })

  const seat = Effect.fnUntraced(function* (room: RoomRow, agent: AgentId) {
    const { choice, name } = yield* member(room.id, agent)
    const persona = yield* Effect.option(personas.get(name))
    const counts = choiceIn(room, Option.match(persona, { onNone: () => noChoice, onSome: (it) => it.choice }), choice)
    const { model, provider } = yield* Effect.orElseSucceed(
      Effect.map(providers.choose(counts), ({ model, provider }) => ({
        model: model ?? provider.defaultModel,
        provider: provider.name
      })),
      () => ({ model: counts.model ?? "", provider: counts.provider ?? room.default_provider })
    )
    return { room_id: room.id, agent_id: agent, ...choice, speaks_with: { ...counts, model, provider } }
  })

  const notice = Effect.fnUntraced(function* (id: RoomId, agent: Agent) {
    if (!(yield* messages.hasAny(id))) return
    const message = yield* messages.insert({
      room_id: id,
      agent_id: null,
      agent_name: null,
      agent_display_name: null,
      role: "assistant",
      participant_type: "system",
      participant_name: null,
      content: `${shownName(agent)} joined the chat`,
      thinking: null,
      provider: null,
      partial: false,
      finish: null,
      idempotency_key: null,
      timestamp: yield* Time.now
    })
    yield* events.append(id, { type: "new_message", message })
  })

  return Seats.of({
    roster: (id, page) =>
      Effect.zipWith(
        Effect.zipRight(rooms.access(id), CurrentUser),
        Effect.suspend(() => agents.inRoom(id, page)),
        (user, found) => found.map(asSeenBy(user))
      ),

    join: Effect.fn("Seats.join")(function* (id, agentId) {
      yield* rooms.access(id)
      const at = yield* Time.now
      const seat = Effect.gen(function* () {
        yield* repo.find(id)
        const agent = yield* Effect.mapError(agents.find(agentId), () => RoomOrAgentNotFound.of())
        if (!(yield* repo.join(id, agentId, at))) return
        yield* notice(id, agent)
        yield* events.append(id, { type: "agent_joined", ...agentOf(agent) })
      })
      yield* queue.write(seat)
    }),

    seat: Effect.fn("Seats.seat")(function* (id, agentId) {
      return yield* seat(yield* rooms.access(id), agentId)
    }),

    choose: Effect.fn("Seats.choose")(function* (id, agentId, changes) {
      yield* rooms.access(id)
      if (changes.provider) yield* providers.choose({ provider: changes.provider, model: changes.model })
      const chosen = Effect.gen(function* () {
        const room = yield* repo.find(id)
        const { choice } = yield* member(id, agentId)
        yield* agents.choose(id, agentId, changed(choice, changes))
        yield* events.append(id, { type: "room_updated", room })
        return room
      })
      return yield* seat(yield* queue.write(chosen), agentId)
    }),

    leave: Effect.fn("Seats.leave")(function* (id, agentId) {
      yield* asAdmin
      const agent = yield* Effect.mapError(agents.known(agentId), () => RoomOrAgentNotFound.of())
      yield* queue.write(
        Effect.filterOrFail(
          Effect.zipRight(
            Effect.mapError(repo.find(id), () => RoomOrAgentNotFound.of()),
            repo.leave(id, agentId)
          ),
          (wasThere) => wasThere,
          () => RoomOrAgentNotFound.of()
        ).pipe(
          Effect.zipRight(sessions.drop(id, agentId)),
          Effect.zipRight(events.append(id, { type: "agent_left", ...agentOf(agent) }))
        )
      )
      yield* orchestrator.dismiss(agentId, id)
      yield* pool.evict((seat) => seat.roomId === id && seat.agentId === agentId)
    })
  })
})

const agentOf = ({ display_name, id, name }: Agent) => ({
  agent_id: id,
  agent_name: name,
  agent_display_name: display_name
})

/** A model belongs to its provider: another provider begins with its own choice. */
const changed = (choice: ModelChoice, changes: typeof SeatUpdate.Type): ModelChoice => ({
  ...choice,
  ...(changes.provider === undefined ? {} : { model: null }),
  ...changes
})
