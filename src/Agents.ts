import { Context, Effect, Layer, Stream } from "effect"
import { AgentRepo } from "./Agents/Repo.ts"
import { sheetOf } from "./Agents/Sheet.ts"
import { Cache } from "./Cache.ts"
import {
  type Agent,
  type AgentId,
  asSeenBy,
  AgentNameInvalid,
  type AgentNotFound,
  type PictureNotFound
} from "./domain/Agent.ts"
import type { PageSize } from "./domain/Message.ts"
import { isPersonaName, type PersonaReport } from "./domain/Persona.ts"
import type { RoomId } from "./domain/RoomId.ts"
import * as Time from "./domain/Time.ts"
import { CurrentUser } from "./domain/User.ts"
import { Settlements } from "./Orchestrator/Settlement.ts"
import { Turns } from "./Orchestrator/Turn.ts"
import { Personas } from "./Personas.ts"
import { logGroup, roomGroup } from "./RoomEvents.ts"
import { Settings } from "./Settings.ts"
import { afterCommit } from "./WriteQueue.ts"

export class Agents extends Context.Tag("parley/Agents")<
  Agents,
  {
    /** By name. Guests get neither prompts nor what an agent remembers. */
    readonly list: (limit: PageSize) => Effect.Effect<ReadonlyArray<Agent>, never, CurrentUser>
    readonly get: (id: AgentId) => Effect.Effect<Agent, AgentNotFound, CurrentUser>
    readonly configs: Effect.Effect<ReadonlyArray<PersonaReport>>
    /** Path of the picture's file. */
    readonly picture: (name: string) => Effect.Effect<string, AgentNameInvalid | PictureNotFound>
  }
>() {
  /** The agents of the folder are in the database when this is built, and stay so. */
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const { USER_NAME } = yield* Settings
  const settlements = yield* Settlements
  const cache = yield* Cache
  const personas = yield* Personas
  const repo = yield* AgentRepo
  const turns = yield* Turns

  // Pages of messages show the agents' pictures.
  const forget = (room: RoomId) => Effect.zipRight(cache.invalidate(roomGroup(room)), cache.invalidate(logGroup(room)))

  const sync = Effect.gen(function* () {
    const found = yield* personas.all
    const at = yield* Time.now
    const names = found.map(({ name }) => name)
    const write = Effect.forEach(found, (persona) => repo.upsert(sheetOf(persona, USER_NAME), at), {
      discard: true
    }).pipe(
      Effect.zipRight(repo.retireOthers(names, at)),
      Effect.zipLeft(
        Effect.flatMap(
          repo.occupiedRooms,
          Effect.forEach((room) => afterCommit(forget(room)))
        )
      )
    )
    const retired = yield* settlements.persist(write)
    yield* Effect.forEach(retired, (agent) => turns.dismiss(agent, null), { discard: true })
  }).pipe(Effect.withSpan("Agents.sync", { root: true }))

  yield* sync
  yield* personas.changes.pipe(
    Stream.drop(1),
    Stream.runForEach(() =>
      Effect.catchAllCause(sync, (cause) => Effect.logError("agents could not be updated", cause))
    ),
    Effect.forkScoped
  )

  return Agents.of({
    list: (limit) => Effect.zipWith(CurrentUser, repo.list(limit), (user, found) => found.map(asSeenBy(user))),
    get: (id) => Effect.zipWith(CurrentUser, repo.find(id), (user, agent) => asSeenBy(user)(agent)),
    configs: personas.report,
    picture: (name) => (isPersonaName(name) ? personas.picture(name) : AgentNameInvalid.of())
  })
})
