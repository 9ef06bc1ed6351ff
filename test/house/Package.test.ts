import { FileSystem, HttpClient } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Schema } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { dirname } from "node:path"
import { client } from "../support/Caller.ts"
import { built, home, layer, patience, repository, run } from "../support/Process.ts"

const Packed = Schema.parseJson(
  Schema.Tuple(Schema.Struct({ filename: Schema.String, files: Schema.Array(Schema.Struct({ path: Schema.String })) }))
)
const Manifest = Schema.parseJson(
  Schema.Struct({
    version: Schema.String,
    bin: Schema.Struct({ parley: Schema.String }),
    exports: Schema.Struct({ "./client": Schema.Record({ key: Schema.String, value: Schema.String }) }),
    dependencies: Schema.Record({ key: Schema.String, value: Schema.String })
  })
)

const env = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, npm_config_update_notifier: "false" }

const done = Effect.fn(function* (command: string, args: ReadonlyArray<string>, cwd: string, home = cwd) {
  const program = yield* run({ command, args, cwd, env: { ...env, HOME: home } })
  yield* program.gone
  strictEqual((yield* program.ended).code, 0, program.text.stderr)
  return program.text.stdout
})

/** The package as it was put into an empty folder, where no more is found than what it says that it depends on. */
const installed = Effect.gen(function* () {
  yield* built
  const fs = yield* FileSystem.FileSystem
  const folder = yield* home
  const told = yield* done("npm", ["pack", "--silent", "--json", "--pack-destination", folder], repository, folder)
  // What the build says comes before the list.
  const [{ filename, files }] = yield* Schema.decode(Packed)(told.slice(told.indexOf("[\n")))
  const root = `${folder}/node_modules/parley`
  yield* fs.makeDirectory(root, { recursive: true })
  yield* done("tar", ["-xzf", `${folder}/${filename}`, "--strip-components=1", "-C", root], folder)
  const manifest = yield* Effect.flatMap(fs.readFileString(`${root}/package.json`), Schema.decode(Manifest))
  for (const name of Object.keys(manifest.dependencies)) {
    yield* fs.makeDirectory(dirname(`${folder}/node_modules/${name}`), { recursive: true })
    yield* fs.symlink(`${repository}/node_modules/${name}`, `${folder}/node_modules/${name}`)
  }
  return { files: files.map(({ path }) => path), folder, manifest, program: `${root}/${manifest.bin.parley}` }
})

describe("the package", () => {
  it.scopedLive(
    "holds what serves, the page, the agents and what is told of them, nothing else, and serves from an empty folder",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { files, folder, manifest, program } = yield* installed

        const known =
          /^(?:package\.json|README\.md|LICENSE|\.config\/(?:launch|under-npm)\.mjs|agents\/.+|docs\/.+|dist\/[\w-]+\.js|dist\/web\/.+|dist\/types\/.+\.d\.ts)$/
        deepStrictEqual(
          files.filter((path) => !known.test(path) || path.endsWith(".map")),
          []
        )
        const { default: code = "", types = "" } = manifest.exports["./client"]
        for (const path of ["dist/main.js", "dist/web/index.html", "dist/web/main.js", code.slice(2), types.slice(2)]) {
          assertTrue(files.includes(path), path)
        }

        strictEqual((yield* done(process.execPath, [program, "--version"], folder)).trim(), manifest.version)
        deepStrictEqual(
          (yield* fs.readDirectory(folder)).filter((name) => !name.endsWith(".tgz") && name !== ".npm"),
          ["node_modules"]
        )

        const server = yield* run({
          command: process.execPath,
          args: [program],
          cwd: folder,
          env: { ...env, PORT: "0" }
        })
        const [, base = ""] = yield* server.sees(/Parley listens on (http:[^"]+)/)
        const { call } = yield* client(base)
        strictEqual((yield* call("GET", "/openapi.json")).data.info.version, manifest.version)
        strictEqual((yield* HttpClient.get(base)).status, 200)
        assertTrue(yield* fs.exists(`${folder}/data/agents/group_Workbench/Tove/characteristics.md`))
        yield* server.signal("SIGTERM")
        deepStrictEqual(yield* server.ended, { code: 0, signal: null })
      }).pipe(Effect.provide(layer)),
    2 * patience
  )
})
