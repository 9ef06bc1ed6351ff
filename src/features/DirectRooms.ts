import { Effect, Option } from "effect"
import { AgentRepo } from "../store/AgentRepo.ts"
import type { Agent, AgentId } from "../domain/Agent.ts"
import { RoomExists, type RoomRow } from "../domain/Room.ts"
import { namesOf } from "../domain/ShownName.ts"
import * as Time from "../domain/Time.ts"
import { CurrentUser } from "../domain/User.ts"
import { Providers } from "../models/Providers.ts"
import { RoomEvents } from "../store/RoomEvents.ts"
import { Rooms } from "./Rooms.ts"
import { Settings } from "../process/Settings.ts"
import { WriteQueue } from "../store/WriteQueue.ts"
import { RoomRepo } from "../store/RoomRepo.ts"

interface Wanted {
  readonly provider?: string | undefined
  readonly model?: string | undefined
}

/** What a room is made with, and what of that is not the default. */
interface Setup extends Pick<RoomRow, "default_provider" | "default_model"> {
  readonly suffix: string
}

// A room that its owner has given such a name is the owner's: the agent gets the next one.
const mostNames = 20

/**
 * The caller's own room with one agent, made when there is none. It is known by its name and by the agent's sitting in
 * it, one for each provider and model.
 */
export const make = Effect.gen(function* () {
  const settings = yield* Settings
  const providers = yield* Providers
  const agents = yield* AgentRepo
  const repo = yield* RoomRepo
  const rooms = yield* Rooms
  const events = yield* RoomEvents
  const queue = yield* WriteQueue

  const setupOf = Effect.fnUntraced(function* (wanted: Wanted) {
    const { model, provider } = yield* providers.choose({ provider: wanted.provider, model: wanted.model })
    const default_model = model ?? Option.getOrNull(settings.DEFAULT_MODEL)
    const usual = Option.getOrElse(settings.DEFAULT_MODEL, () => provider.defaultModel)
    const suffix = [
      provider === providers.all[0] ? "" : ` (${provider.name})`,
      default_model === null || default_model === usual ? "" : ` [${default_model}]`
    ].join("")
    return { default_provider: provider.name, default_model, suffix } satisfies Setup
  })

  const open = Effect.fnUntraced(function* (owner_id: string, agent: Agent, name: string, setup: Setup) {
    const { default_model, default_provider } = setup
    const at = yield* Time.now
    const room = yield* repo.insert({ owner_id, name, default_provider, default_model, created_at: at })
    yield* events.open(room)
    yield* repo.join(room.id, agent.id, at)
    const { display_name: agent_display_name, id: agent_id, name: agent_name } = agent
    yield* events.append(room.id, { type: "agent_joined", agent_id, agent_name, agent_display_name })
    return room.id
  })

  /** The room of that name in which the agent sits, or the first of such names that is free; or neither. */
  const look = Effect.fnUntraced(function* (owner: string, agent: AgentId, name: string) {
    for (let number = 1; number <= mostNames; number++) {
      const free = number === 1 ? name : `${name} ${number}`
      const found = yield* repo.named(owner, free, agent)
      if (Option.isNone(found)) return { id: null, free }
      if (found.value.is_seated) return { id: found.value.id, free: null }
    }
    return { id: null, free: null }
  })

  const find = Effect.fnUntraced(function* (agentId: AgentId, setup: Setup) {
    const { user_id } = yield* CurrentUser
    const agent = yield* agents.find(agentId)
    const [name = agent.name, ...others] = namesOf(agent).map((it) => `Direct: ${it}${setup.suffix}`)
    const { free, id } = yield* look(user_id, agentId, name)
    if (id !== null) return id
    // From before the agent was called as it is now.
    for (const other of others) {
      const before = yield* look(user_id, agentId, other)
      if (before.id !== null) return before.id
    }
    return free === null ? yield* RoomExists.of(name) : yield* open(user_id, agent, free, setup)
  })

  return {
    get: Effect.fn("DirectRooms.get")(function* (agentId: AgentId, wanted: Wanted) {
      const setup = yield* setupOf(wanted)
      const user = yield* CurrentUser
      const room = yield* queue.write(Effect.provideService(find(agentId, setup), CurrentUser, user))
      return yield* Effect.catchTag(rooms.get(room), "RoomForbidden", Effect.die)
    })
  }
})
