import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Context, Deferred, Effect, Fiber, Layer } from "effect"
import * as Folder from "../../../src/personas/AgentFolder.ts"
import { RoomId } from "../../../src/domain/RoomId.ts"
import { Memory } from "../../../src/personas/Memory.ts"
import { PathLocks } from "../../../src/personas/PathLocks.ts"
import { Settings } from "../../../src/process/Settings.ts"
import { agentsFolder } from "../../support/AgentsFolder.ts"
import { mira } from "../../support/personas.ts"

const room = { id: RoomId.make(1), name: "The quay" }
const file = "group_harbour/Mira/recent_events.md"

/** An agent with a shared memory, which has read it and will write when it is let; and who else changes its folder. */
const setup = Effect.gen(function* () {
  const { at, fs, home, root, write } = yield* agentsFolder
  yield* write("group_harbour/Mira/in_a_nutshell.md", "Mira mends clocks.")
  yield* write(file, "- Old.\n")
  const [read, go, asked] = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>(), Deferred.make<void>()])
  const visits: Array<string> = []
  const held = Effect.zipRight(Deferred.succeed(read, undefined), Deferred.await(go))
  const slow = Layer.succeed(FileSystem.FileSystem, {
    ...fs,
    readFile: (path) => Effect.tap(fs.readFile(path), () => (path.endsWith("recent_events.md") ? held : Effect.void))
  })
  const watched = Layer.effect(
    PathLocks,
    Effect.map(PathLocks, ({ alone }) =>
      PathLocks.of({
        alone: (path, effect) => {
          if (visits.push(`${path} asked`) === 3) Deferred.unsafeDone(asked, Effect.void)
          const note = (what: string) => Effect.sync(() => visits.push(`${path} ${what}`))
          return alone(path, Effect.ensuring(Effect.zipRight(note("in"), effect), note("out")))
        }
      })
    )
  ).pipe(Layer.provide(PathLocks.layer))
  const context = yield* Layer.build(
    Layer.merge(Memory.layer({ agentsDir: root, dataDir: `${home}/data` }), Layer.effect(Changes, Folder.make)).pipe(
      Layer.provide(watched),
      Layer.provide(slow),
      Layer.provide(Settings.layerFrom({ AGENTS_DIR: root }))
    )
  )
  const memory = Context.get(context, Memory)
  const folder = Context.get(context, Changes)
  const memorize = memory.memorize({ persona: { ...mira, memory_scope: "shared" }, room, entry: "Tom paid." })
  const rewrite = folder.edit(at("group_harbour/Mira"), {
    files: [{ file: "recent_events.md", content: "- Rewritten.\n" }],
    traits: {}
  })
  const text = fs.readFileString(at(file))
  return {
    asked: Deferred.await(asked),
    at,
    go: Deferred.succeed(go, undefined),
    memorize,
    read: Deferred.await(read),
    rewrite,
    text,
    visits
  }
})

class Changes extends Context.Tag("parley/test/personas/Memory/Change.test/Changes")<
  Changes,
  Effect.Effect.Success<typeof Folder.make>
>() {}

describe("A shared memory that is rewritten while its agent adds to it", () => {
  it.scopedLive("loses nothing that was acknowledged: who comes second waits for the first", () =>
    Effect.gen(function* () {
      const { asked, at, go, memorize, read, rewrite, text, visits } = yield* setup

      const adding = yield* Effect.fork(memorize)
      yield* read
      const rewriting = yield* Effect.fork(rewrite)
      yield* Effect.raceFirst(asked, Fiber.await(rewriting))
      yield* go
      yield* Effect.all([Fiber.join(adding), Fiber.join(rewriting)])

      assertEquals(yield* text, "- Rewritten.\n")
      const path = at("group_harbour/Mira")
      deepStrictEqual(
        visits,
        ["asked", "in", "asked", "out", "in", "out"].map((what) => `${path} ${what}`)
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
