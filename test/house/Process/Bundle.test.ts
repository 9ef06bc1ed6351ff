import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { readdirSync, readFileSync } from "node:fs"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { dirname, join } from "node:path"
import { built, layer, patience, repository } from "../../support/Process.ts"

const dist = join(repository, "dist")

/** What node reads before the file's first line is run. */
const read = (file: string, seen = new Map<string, string>()) => {
  if (seen.has(file)) return seen
  const text = readFileSync(file, "utf8")
  seen.set(file, text)
  for (const [, path = ""] of text.matchAll(/^(?:import|export|\}) ?(?:from )?"(\.[^"]+)";$/gm)) {
    read(join(dirname(file), path), seen)
  }
  return seen
}

const chunk = (name: string) =>
  readdirSync(dist)
    .filter((file) => file.startsWith(`${name}-`) && file.endsWith(".js"))
    .map((file) => join(dist, file))

const pathsFrom = (name: string) => chunk(name).flatMap((file) => [...read(file).keys()])

describe("what a start reads", () => {
  it.effect(
    "is neither the reference page nor what speaks to models, until they are asked for",
    () =>
      Effect.gen(function* () {
        yield* built
        const lazy = ["HttpApiSwagger", "Dispatcher", "zod"].flatMap(chunk)
        const code = /^\/\/ node_modules\/(?:undici|zod)\/|httpApiSwagger\.js$/m
        const serve = chunk("Serve").flatMap((file) => [...read(file)])

        strictEqual(lazy.length, 3)
        assertTrue(serve.length > 3)
        deepStrictEqual(
          serve.filter(([file, text]) => lazy.includes(file) || code.test(text)).map(([file]) => file),
          []
        )
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.effect(
    "is neither the server nor its contract, when a command only speaks to one",
    () =>
      Effect.gen(function* () {
        yield* built
        assertTrue(pathsFrom("Tail").length > 3)
        const contract = /^\/\/ src\/features\/(?:Api|\w+\/Api)\.ts$/m
        const isTooMuch = (file: string) => chunk("Serve").includes(file) || contract.test(readFileSync(file, "utf8"))
        deepStrictEqual(pathsFrom("Tail").filter(isTooMuch), [])
      }).pipe(Effect.provide(layer)),
    patience
  )
})
