import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertFalse, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"

/** Also by brackets, by destructuring, by way of `globalThis`, from `node:process`, and as a bundler spells it. */
const readsEnvironment = (text: string) =>
  /\bprocess\s*\??\.\s*env\b|\bprocess\s*\[\s*["'`]env|\{[^}]*\benv\b[^}]*\}\s*=\s*(globalThis\.)?process\b|\b(from|import|require)\s*\(?\s*["'`](node:)?process["'`]|import\.meta\.env/.test(
    text
  )

describe("the environment", () => {
  it.effect("is read by the settings module and by no other", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const src = yield* path.fromFileUrl(new URL("../../../src", import.meta.url))
      const files = (yield* fs.readDirectory(src, { recursive: true })).filter((file) => /\.[cm]?[jt]sx?$/.test(file))
      const reading = yield* Effect.filter(files, (file) =>
        Effect.map(fs.readFileString(path.join(src, file)), readsEnvironment)
      )

      assertTrue(files.length > 1)
      deepStrictEqual(reading, ["process/Settings.ts"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it("is found however it is read", () => {
    for (const reading of [
      `process.env["PORT"]`,
      `process?.env`,
      `process\n  .env.PORT`,
      `globalThis.process.env`,
      `process["env"].PORT`,
      `const { env } = process`,
      `const { argv, env: variables } = globalThis.process`,
      `import { env } from "node:process"`,
      `import process from "process"`,
      `await import("node:process")`,
      `require('process')`,
      `import.meta.env.PORT`
    ]) {
      assertTrue(readsEnvironment(reading), reading)
    }
    for (const other of [`process.exit(1)`, `{ env: options.env }`, `the process environment`, `takes: "process"`]) {
      assertFalse(readsEnvironment(other), other)
    }
  })
})
