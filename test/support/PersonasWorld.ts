import { NodeContext } from "@effect/platform-node"
import { it } from "@effect/vitest"
import { Effect, Logger, LogLevel } from "effect"
import { agentsFolder, buildPersonas, makeSpy } from "./AgentsFolder.ts"

const setup = Effect.gen(function* () {
  const folder = yield* agentsFolder
  yield* folder.write("mira/in_a_nutshell.md", "Mira mends clocks.")
  yield* folder.write("mira/characteristics.md", "Mira speaks slowly.")
  yield* folder.write("group_harbour/tom/in_a_nutshell.md", "Tom sails.")
  const spy = makeSpy()
  const personas = yield* buildPersonas(folder.root, spy)
  const nutshell = (name: string) => Effect.map(personas.get(name), (persona) => persona.in_a_nutshell)
  const problem = (path: string) =>
    Effect.map(personas.report, (report) => report.find((line) => line.path === path)?.problem ?? null)
  const names = Effect.map(personas.all, (all) => all.map(({ name }) => name))
  return { ...folder, spy, personas, nutshell, problem, names }
})
export type World = Effect.Effect.Success<typeof setup>

/** A test of two agents, Mira and Tom, in real folders. */
export const scenario = <E>(name: string, body: (world: World) => Effect.Effect<void, E>) =>
  it.scopedLive(name, () =>
    Effect.flatMap(setup, body).pipe(Logger.withMinimumLogLevel(LogLevel.None), Effect.provide(NodeContext.layer))
  )
