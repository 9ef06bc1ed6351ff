import { OpenApi } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { readdirSync, readFileSync } from "node:fs"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { dirname, join } from "node:path"
import { Api } from "../../../src/features/Api.ts"
import { stringify } from "../../../src/lib/json.ts"
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

describe("the API's document", () => {
  it.effect(
    "is the contract's, and stands in the bundle without what makes it",
    () =>
      Effect.gen(function* () {
        yield* built
        const [file = ""] = chunk("ApiDocument")
        const { json } = yield* Effect.promise(() => import(file))

        strictEqual(json, stringify(OpenApi.fromApi(Api)))
        const modules = [...read(file).values()].flatMap(
          (text) => text.match(/^\/\/ (?:src|node_modules)\/.+$/gm) ?? []
        )
        deepStrictEqual(modules, ["// src/http/ApiDocument.ts"])
      }).pipe(Effect.provide(layer)),
    patience
  )
})

describe("what a start reads", () => {
  it.effect(
    "is neither the reference page nor what speaks to models nor the command line, until they are asked for",
    () =>
      Effect.gen(function* () {
        yield* built
        const lazy = ["HttpApiSwagger", "Dispatcher", "zod"].flatMap(chunk)
        const code = /^\/\/ node_modules\/(?:undici|zod|ws|@effect\/cli)\/|httpApiSwagger\.js$/m
        const serve = [join(dist, "main.js"), ...chunk("Serve")].flatMap((file) => [...read(file)])

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
