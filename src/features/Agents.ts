import { Array, Context, Effect, Layer, Option, Stream } from "effect"
import { folded } from "../lib/text.ts"
import { isPicture, newTraitsOf, pictureEdits, shownNameOf, textEdits, traitsOf } from "../personas/Edit.ts"
import * as Folder from "../personas/AgentFolder.ts"
import { type AgentPlace, placeOf } from "../personas/AgentPlace.ts"
import { unused } from "../personas/FolderName.ts"
import { AgentRepo } from "../store/AgentRepo.ts"
import { asAdmin } from "./Auth.ts"
import { sheetOf } from "../personas/Sheet.ts"
import { Cache } from "../store/Cache.ts"
import {
  type Agent,
  type AgentChanges,
  type AgentCreate,
  AgentExists,
  type AgentId,
  AgentNameInvalid,
  type AgentNotFound,
  AgentRefused,
  type AgentUnwritable,
  asSeenBy,
  type PictureNotFound
} from "../domain/Agent.ts"
import { ImageRefused } from "../domain/Image.ts"
import type { Page } from "../domain/Param.ts"
import { isPersonaName, PersonaMissing, type PersonaReport, sharedName, type Traits } from "../domain/Persona.ts"
import type { RoomId } from "../domain/RoomId.ts"
import type { Named } from "../domain/ShownName.ts"
import type { Unwritten } from "../domain/Storage.ts"
import * as Time from "../domain/Time.ts"
import { type AdminRequired, CurrentUser } from "../domain/User.ts"
import { coalesced } from "../lib/coalesced.ts"
import * as Permits from "../lib/permits.ts"
import { Orchestrator } from "../engine/Orchestrator.ts"
import { Personas } from "../personas/Personas.ts"
import { logGroup, roomGroup } from "../store/RoomEvents.ts"
import { SdkPool } from "../models/SdkPool.ts"
import { Settings } from "../process/Settings.ts"
import { afterCommit, patience, WriteQueue } from "../store/WriteQueue.ts"
import { broke } from "../lib/broke.ts"

/** Why nothing of an agent was written. */
type Unchanged = AgentRefused | AgentUnwritable | ImageRefused | AdminRequired | Unwritten

export class Agents extends Context.Tag("parley/features/Agents")<
  Agents,
  {
    /** By name. Guests get neither prompts nor what an agent remembers. */
    readonly list: (page: Page) => Effect.Effect<ReadonlyArray<Agent>, never, CurrentUser>
    readonly get: (id: AgentId) => Effect.Effect<Agent, AgentNotFound, CurrentUser>
    readonly configs: Effect.Effect<ReadonlyArray<PersonaReport>>
    /** Reads all folders anew, and says what is wrong with them. */
    readonly refresh: Effect.Effect<ReadonlyArray<PersonaReport>, Unwritten>
    /** Writes the agent's folder, whole or not at all; the agent can be seated when this returns. */
    readonly create: (
      agent: AgentCreate
    ) => Effect.Effect<Agent, AgentExists | AgentNameInvalid | PersonaMissing | Unchanged, CurrentUser>
    /** Writes the agent's own files; its next turn is the changed one's. */
    readonly update: (
      id: AgentId,
      changes: AgentChanges
    ) => Effect.Effect<Agent, AgentNotFound | Unchanged, CurrentUser>
    /** Reads the agent's folder anew, and says what is wrong with it. */
    readonly reload: (
      id: AgentId
    ) => Effect.Effect<Agent, AgentNotFound | PersonaMissing | AdminRequired | Unwritten, CurrentUser>
    /** Retires the agent, interrupts it where it speaks, and puts its folder out of sight. */
    readonly remove: (id: AgentId) => Effect.Effect<void, AgentNotFound | Exclude<Unchanged, ImageRefused>, CurrentUser>
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

type Texts = Pick<AgentChanges, "in_a_nutshell" | "characteristics">

/** Without a text of either kind a folder is no agent. */
const speaking = (changes: Texts, before: Texts) =>
  (changes.in_a_nutshell ?? before.in_a_nutshell)?.trim() || (changes.characteristics ?? before.characteristics)?.trim()
    ? Effect.void
    : AgentRefused.of("in_a_nutshell", "or characteristics must have a text")

const make = Effect.gen(function* () {
  const { MAX_IMAGE_BYTES, USER_NAME } = yield* Settings
  const cache = yield* Cache
  const personas = yield* Personas
  const repo = yield* AgentRepo
  const orchestrator = yield* Orchestrator
  const queue = yield* WriteQueue
  const pool = yield* SdkPool
  const folder = yield* Folder.make
  const lock = Permits.make(1)

  // Pages of messages show the agents' pictures.
  const forget = (room: RoomId) => cache.invalidate(roomGroup(room), logGroup(room))

  const sync = coalesced(
    Effect.gen(function* () {
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
      const retired = yield* queue.write(write)
      yield* Effect.forEach(retired, (agent) => orchestrator.dismiss(agent, null), { discard: true })
    }).pipe(Effect.withSpan("Agents.sync", { root: true }))
  )

  /** What nobody asked for waits until the storage is back, between its tries in nobody's way. */
  const follow = Effect.retry(sync, patience)

  /** Refuses while nothing can be stored, all who come at once together. */
  const storable = queue.write(Effect.void)

  /**
   * Folders are written by one at a time, not while nothing can be stored, and read before the answer. When the storage
   * fails in between, what `undo` does not take back is taken up later, also when the request comes again.
   */
  const written = <A, E, R>(
    write: Effect.Effect<A, E, R>,
    undo: (done: A) => Effect.Effect<void> = () => Effect.void
  ) =>
    Effect.zipRight(
      storable,
      Effect.uninterruptible(lock.with(Effect.tap(write, (done) => Effect.tapError(sync, () => undo(done)))))
    )

  const pictured = Effect.fnUntraced(function* ({ profile_pic }: AgentChanges) {
    if (profile_pic && !isPicture(profile_pic)) return yield* AgentRefused.of("profile_pic", "must be a data URL")
    return yield* Effect.mapError(pictureEdits(profile_pic, MAX_IMAGE_BYTES), (fault) =>
      ImageRefused.of(fault, 1, MAX_IMAGE_BYTES)
    )
  })

  const editsOf = Effect.fnUntraced(function* (changes: AgentChanges, traits: Traits) {
    return { files: [...textEdits(changes), ...(yield* pictured(changes))], traits }
  })

  /** What another agent has of the names. */
  const taken = (agent: Named, own: string | null = null) =>
    Effect.map(personas.all, (found) =>
      sharedName(
        agent,
        found.filter(({ config_file }) => config_file !== own)
      )
    )

  /** The name of a folder that people, and some file systems, take for the same. */
  const namesake = (name: string) =>
    Effect.map(personas.report, (reports) =>
      Option.map(
        Array.findFirst(reports, (report) => folded(report.name) === folded(name)),
        (report) => report.name
      )
    )

  /** A place beside those that are there already. */
  const beside = (place: AgentPlace) =>
    Effect.flatMap(personas.report, (reports) =>
      Option.match(
        unused(
          place.name,
          reports.map(({ name }) => name)
        ),
        {
          onNone: () => AgentExists.of(place.name),
          onSome: (name) => Effect.succeed({ ...place, name })
        }
      )
    )

  /** The folders that have a name, the agent's first: of two the second would take its place. */
  const foldersOf = (name: string) =>
    Effect.map(personas.report, (reports) => reports.filter((report) => report.name === name))

  const usable = Effect.fnUntraced(function* (name: string) {
    const [own] = yield* foldersOf(name)
    const missing = PersonaMissing.of(name, own?.problem ?? "there is no such folder")
    return own?.problem === null ? yield* Effect.mapError(repo.named(name), () => missing) : yield* missing
  })

  yield* follow
  yield* personas.changes.pipe(
    Stream.drop(1),
    Stream.runForEach(() =>
      Effect.catchAllCause(follow, (cause) => broke("agents", "agents could not be updated", cause))
    ),
    Effect.forkScoped
  )

  return Agents.of({
    list: (page) => Effect.zipWith(CurrentUser, repo.list(page), (user, found) => found.map(asSeenBy(user))),
    get: (id) => Effect.zipWith(CurrentUser, repo.find(id), (user, agent) => asSeenBy(user)(agent)),
    configs: personas.report,
    refresh: storable.pipe(Effect.zipRight(sync), Effect.zipRight(personas.report)),

    create: Effect.fn("Agents.create")(function* (body) {
      yield* asAdmin
      const { display_name: given, place: wanted } = yield* placeOf(body, folder.name)
      const { display_name = null } = yield* shownNameOf(body.display_name ?? given, wanted.name)
      const mayExist = Boolean(body.config_file)
      const edits = yield* editsOf(body, { ...newTraitsOf(body), ...(display_name === null ? {} : { display_name }) })
      const create = Effect.gen(function* () {
        yield* sync
        const isDerived = given !== null && !mayExist
        const place = isDerived ? yield* beside(wanted) : wanted
        if (Option.isSome(yield* Effect.option(repo.named(place.name)))) return yield* AgentExists.of(place.name)
        const other = mayExist ? Option.none() : yield* namesake(place.name)
        if (Option.isSome(other)) return yield* AgentExists.of(other.value)
        const known = yield* taken({ name: place.name, display_name })
        if (Option.isSome(known)) return yield* AgentExists.of(known.value)
        yield* speaking(body, yield* folder.texts(place))
        const outcome = yield* folder.create(place, edits, mayExist)
        return outcome === "taken" ? yield* AgentExists.of(place.name) : { outcome, place }
      })
      const { place } = yield* written(create, ({ outcome, place }) =>
        outcome === "made" ? folder.discard(place) : Effect.void
      )
      return yield* usable(place.name)
    }),

    update: Effect.fn("Agents.update")(function* (id, changes) {
      yield* asAdmin
      const { files, traits } = yield* editsOf(changes, traitsOf(changes))
      const update = Effect.gen(function* () {
        const agent = yield* repo.find(id)
        const shown = yield* shownNameOf(changes.display_name, agent.name)
        const known = yield* taken({ name: agent.name, display_name: shown.display_name ?? null }, agent.config_file)
        if (Option.isSome(known)) return yield* AgentRefused.of("display_name", "is a name of another agent")
        yield* speaking(changes, agent)
        yield* folder.edit(folder.pathOf(agent.config_file ?? ""), { files, traits: { ...traits, ...shown } })
      })
      yield* written(update)
      return yield* repo.find(id)
    }),

    reload: Effect.fn("Agents.reload")(function* (id) {
      yield* asAdmin
      const { name } = yield* repo.known(id)
      yield* written(Effect.void)
      return yield* usable(name)
    }),

    remove: Effect.fn("Agents.remove")(function* (id) {
      yield* asAdmin
      const remove = Effect.gen(function* () {
        const agent = yield* repo.find(id)
        const folders = yield* foldersOf(agent.name)
        yield* Effect.forEach(folders, ({ path }) => folder.remove(folder.pathOf(path)), { discard: true })
      })
      yield* written(remove)
      yield* pool.evict(({ agentId }) => agentId === id)
    }),

    picture: (name) => (isPersonaName(name) ? personas.picture(name) : AgentNameInvalid.of())
  })
})
