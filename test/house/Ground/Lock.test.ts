import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Schema } from "effect"

const Names = Schema.Array(Schema.String)
const Entry = Schema.Struct({
  version: Schema.optional(Schema.String),
  integrity: Schema.optional(Schema.String),
  resolved: Schema.optional(Schema.String),
  optional: Schema.optional(Schema.Boolean),
  os: Schema.optional(Names),
  cpu: Schema.optional(Names),
  libc: Schema.optional(Names),
  optionalDependencies: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.String }))
})
type Entry = typeof Entry.Type
const Lock = Schema.parseJson(Schema.Struct({ packages: Schema.Record({ key: Schema.String, value: Entry }) }))

const inRepository = (file: string) =>
  Effect.flatMap(Path.Path, (path) => path.fromFileUrl(new URL(`../../../${file}`, import.meta.url)))

const readLock = Effect.fn(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const { packages } = yield* Effect.flatMap(fs.readFileString(file), Schema.decode(Lock))
  return Object.entries(packages)
})

const ours = Effect.flatMap(inRepository("package-lock.json"), readLock)

/** npm alone gives an entry its integrity, so an optional one without is one that we completed. */
const isCompleted = (entry: Entry) => entry.optional === true && entry.integrity === undefined
const namesPlatform = (path: string) => /[-/](darwin|linux|win32)-(arm|arm64|ia32|x64)\b/.test(path)

describe("package-lock.json", () => {
  it.effect("names no address that a package was fetched from", () =>
    Effect.gen(function* () {
      const resolved = (yield* ours).filter(([, entry]) => entry.resolved !== undefined)
      deepStrictEqual(resolved, [])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("says of every package for one platform which system and processor it is for", () =>
    Effect.gen(function* () {
      const entries = (yield* ours).filter(([path, entry]) => isCompleted(entry) || namesPlatform(path))
      assertTrue(entries.length > 0)
      deepStrictEqual(
        entries.filter(([, { cpu = [], os = [] }]) => cpu.length === 0 || os.length === 0),
        []
      )
      deepStrictEqual(
        entries.filter(([path, { libc = [] }]) => /linux-\w+-(gnu|musl|glibc)/.test(path) && libc.length === 0),
        []
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("holds every optional package that another asks for, whatever platform made the lock", () =>
    Effect.gen(function* () {
      const entries = yield* ours
      const held = new Set(entries.map(([path, { version }]) => `${path.split("node_modules/").at(-1)}@${version}`))
      const asked = entries.flatMap(([, { optionalDependencies = {} }]) => Object.entries(optionalDependencies))
      const exact = asked.filter(([, version]) => /^\d/.test(version)).map(([name, version]) => `${name}@${version}`)
      assertTrue(exact.length > 0)
      deepStrictEqual(
        exact.filter((wanted) => !held.has(wanted)),
        []
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("complete-lock", () => {
  it.scoped("refuses a lock with missing or unmarked packages, mends it, and then lets it pass", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const file = `${folder}/package-lock.json`
      yield* fs.makeDirectory(`${folder}/.ci`)
      yield* fs.copyFile(yield* inRepository(".ci/complete-lock.mjs"), `${folder}/.ci/complete-lock.mjs`)
      yield* fs.writeFileString(
        file,
        `{
          "packages": {
            "": { "optionalDependencies": { "@x/tool-darwin-arm64": "1.0.0" } },
            "node_modules/a": {
              "dev": true,
              "version": "1.0.0",
              "resolved": "https://example.org/a.tgz",
              "optionalDependencies": { "@a/a-linux-x64-musl": "1.0.0", "@a/a-win32-ia32-gnu": "1.0.0" }
            },
            "node_modules/b/node_modules/a": {
              "version": "2.0.0",
              "optionalDependencies": { "@a/a-linux-x64-musl": "2.0.0" }
            },
            "node_modules/@a/a-win32-ia32-gnu": { "version": "1.0.0", "optional": true }
          }
        }`
      )
      const run = (...args: ReadonlyArray<string>) =>
        Command.exitCode(Command.make("node", `${folder}/.ci/complete-lock.mjs`, ...args))

      strictEqual(yield* run("--check"), 1)
      strictEqual(yield* run(), 0)
      strictEqual(yield* run("--check"), 0)

      const musl = { version: "1.0.0", optional: true, os: ["linux"], cpu: ["x64"], libc: ["musl"] }
      const mended = Object.fromEntries(yield* readLock(file))
      deepStrictEqual(mended["node_modules/a"]?.resolved, undefined)
      deepStrictEqual(mended["node_modules/@a/a-linux-x64-musl"], musl)
      deepStrictEqual(mended["node_modules/b/node_modules/@a/a-linux-x64-musl"], { ...musl, version: "2.0.0" })
      const windows = { version: "1.0.0", optional: true, os: ["win32"], cpu: ["ia32"] }
      deepStrictEqual(mended["node_modules/@a/a-win32-ia32-gnu"], windows)
      const apple = { version: "1.0.0", optional: true, os: ["darwin"], cpu: ["arm64"] }
      deepStrictEqual(mended["node_modules/@x/tool-darwin-arm64"], apple)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
