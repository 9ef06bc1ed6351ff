import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertInclude } from "@effect/vitest/utils"
import { Effect, Logger, Option, Stream, SubscriptionRef, TestClock } from "effect"
import { agentsFolder, buildPersonas, makeSpy, type Spy } from "../../support/AgentsFolder.ts"

const setup = Effect.fnUntraced(function* (watching: Spy["watching"]) {
  const folder = yield* agentsFolder
  yield* folder.write("mira/in_a_nutshell.md", "Mira mends clocks.")
  const personas = yield* buildPersonas(folder.root, makeSpy(watching))
  const told = yield* SubscriptionRef.make("")
  const look = Effect.gen(function* () {
    const texts = (yield* personas.all).map(({ in_a_nutshell, priority }) => `${priority} ${in_a_nutshell}`)
    const problems = (yield* personas.report).flatMap(({ problem }) => problem ?? [])
    yield* SubscriptionRef.set(told, [...texts, ...problems].join("\n"))
  })
  yield* Effect.forkScoped(Stream.runForEach(personas.changes, () => look))
  /** Waits until a change was announced after which everything was as expected. */
  const until = (expected: RegExp) =>
    Stream.runHead(Stream.filter(told.changes, (now) => expected.test(now))).pipe(Effect.map(Option.getOrThrow))
  yield* until(/Mira mends clocks/)
  return { ...folder, personas, until }
})

describe("Personas, watched", () => {
  it.scopedLive("edits, new, lost, replaced, broken and mended agents are announced", () =>
    Effect.gen(function* () {
      const { at, fs, until, write } = yield* setup("real")

      yield* write("mira/in_a_nutshell.md", "Mira winds clocks.")
      yield* until(/0 Mira winds clocks/)
      yield* write("group_harbour/tom/in_a_nutshell.md", "Tom sails.")
      yield* until(/0 Tom sails/)
      yield* write("group_harbour/tom/in_a_nutshell.md", "Tom rows.")
      yield* until(/0 Tom rows/)
      yield* fs.remove(at("mira"), { recursive: true })
      yield* write("mira/in_a_nutshell.md", "Mira is new.")
      yield* until(/0 Mira is new/)
      yield* write("mira/in_a_nutshell.md", "Mira is newer.")
      yield* until(/0 Mira is newer/)
      yield* write("group_harbour/group_config.yaml", "priority: [")
      yield* until(/group_config[.]yaml is not valid YAML/)
      yield* write("group_harbour/group_config.yaml", "priority: 2")
      yield* until(/2 Tom rows/)
      yield* fs.remove(at("mira"), { recursive: true })

      yield* until(/^2 Tom rows[.]$/)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("without a watcher changes are found within half a minute, and one warning says so", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const { personas, until, write } = yield* setup("fails").pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      // The second look that follows the start is over before anything changes.
      yield* TestClock.adjust("1 second")
      yield* personas.report

      yield* write("mira/in_a_nutshell.md", "Mira winds clocks.")
      yield* write("tom/in_a_nutshell.md", "Tom sails.")
      yield* TestClock.adjust("31 seconds")

      assertInclude(yield* until(/Tom sails/), "Mira winds clocks.")
      assertEquals(lines.filter((line) => line.includes("cannot watch")).length, 1)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
