import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertInclude, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"

/** A checkout of its own with a program that only says that it runs, and the page's files. */
const checkout = Effect.fn(function* (options: { readonly installed: boolean }) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const repository = yield* path.fromFileUrl(new URL("../../..", import.meta.url))
  const folder = yield* fs.makeTempDirectoryScoped()
  const write = (file: string, text: string) => fs.writeFileString(path.join(folder, file), text)
  for (const file of [".config", "package.json", "package-lock.json", "tsconfig.json"]) {
    yield* fs.copy(path.join(repository, file), path.join(folder, file))
  }
  if (options.installed) yield* fs.symlink(path.join(repository, "node_modules"), path.join(folder, "node_modules"))
  for (const storey of ["src/web", "src/client"]) {
    yield* fs.makeDirectory(path.join(folder, storey), { recursive: true })
  }
  yield* write("src/main.ts", `console.log("runs", ...process.argv.slice(2))`)
  yield* write("src/client/client.ts", "export {}")
  yield* write("src/web/main.ts", `document.title = "Parley"`)
  yield* write("src/web/index.html", "<!doctype html>")

  const start = (args: ReadonlyArray<string> = [], nodeFlags: ReadonlyArray<string> = []) =>
    Effect.scoped(
      Effect.gen(function* () {
        const command = Command.make("node", ...nodeFlags, path.join(folder, ".config/start.mjs"), ...args)
        const process = yield* Command.start(Command.workingDirectory(command, "/"))
        const text = (stream: typeof process.stdout) => Stream.mkString(Stream.decodeText(stream))
        return yield* Effect.all(
          { code: process.exitCode, out: text(process.stdout), err: text(process.stderr) },
          { concurrency: "unbounded" }
        )
      })
    )
  return {
    folder,
    fs,
    remove: (file: string) => fs.remove(path.join(folder, file)),
    start,
    write
  }
})

const building = "parley: building what has changed\n"

describe("npm start", () => {
  it.scoped("builds server and page once, from whatever folder, and again only when a source has changed", () =>
    Effect.gen(function* () {
      const { folder, fs, start, write } = yield* checkout({ installed: true })

      deepStrictEqual(yield* start(["settings"]), { code: 0, out: "runs settings\n", err: building })
      deepStrictEqual((yield* fs.readDirectory(`${folder}/dist/web`)).toSorted(), [
        "index.html",
        "main.js",
        "main.js.map"
      ])
      deepStrictEqual(yield* start(["settings"]), { code: 0, out: "runs settings\n", err: "" })

      yield* write("src/main.ts", `console.log("runs anew")`)
      deepStrictEqual(yield* start(), { code: 0, out: "runs anew\n", err: building })
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped(
    "never runs what a failed build left, builds what is missing, and keeps no page file whose source is gone",
    () =>
      Effect.gen(function* () {
        const { folder, fs, remove, start, write } = yield* checkout({ installed: true })
        yield* write("src/web/old.css", "")
        yield* start()

        yield* write("src/main.ts", `console.log(`)
        for (const failed of [yield* start(), yield* start()]) {
          strictEqual(failed.code, 1)
          assertInclude(failed.err, "could not be built")
        }

        yield* write("src/main.ts", `console.log("mended")`)
        yield* remove("src/web/old.css")
        deepStrictEqual(yield* start(), { code: 0, out: "mended\n", err: building })
        strictEqual(yield* fs.exists(`${folder}/dist/web/old.css`), false)

        yield* remove("dist/web/index.html")
        deepStrictEqual(yield* start(), { code: 0, out: "mended\n", err: building })
      }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("says in one line what is missing: its packages, or a newer Node", () =>
    Effect.gen(function* () {
      const { start } = yield* checkout({ installed: false })
      deepStrictEqual(yield* start(), {
        code: 1,
        out: "",
        err: "parley: its packages are not installed yet; run `npm ci` first\n"
      })
      const older = "data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.18.9'}})"
      deepStrictEqual(yield* start([], ["--import", older]), {
        code: 1,
        out: "",
        err: "parley: needs Node 20.19 or newer, and this is Node 20.18.9\n"
      })
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("hands the SIGTERM that npm gets on to the server, which ends in its own way", () =>
    Effect.gen(function* () {
      const { folder, write } = yield* checkout({ installed: true })
      yield* write(
        "src/main.ts",
        `process.once("SIGTERM", () => { console.log("stopped"); process.exit(0) })
         setInterval(() => {}, 1000)
         console.log("ready")`
      )
      const npm = yield* Command.start(Command.workingDirectory(Command.make("npm", "start", "--silent"), folder))
      const lines = yield* npm.stdout.pipe(
        Stream.decodeText(),
        Stream.splitLines,
        Stream.tap((line) => Effect.sync(() => line === "ready" && process.kill(npm.pid, "SIGTERM"))),
        Stream.runCollect
      )

      deepStrictEqual([...lines], ["ready", "stopped"])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
