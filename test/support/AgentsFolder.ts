import { FileSystem, Path } from "@effect/platform"
import { type PlatformError, SystemError } from "@effect/platform/Error"
import { NodeContext } from "@effect/platform-node"
import { Context, Effect, Layer, Stream } from "effect"
import { Personas } from "../../src/personas/Personas.ts"

/** A real folder of agents that goes with the test. Every write gets a time of its own, long past, or `now`. */
export const agentsFolder = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const home = yield* fs.makeTempDirectoryScoped()
  const root = paths.join(home, "agents")
  yield* fs.makeDirectory(root)
  let seconds = 1_600_000_000

  const at = (path: string) => paths.join(root, path)
  const write = Effect.fnUntraced(function* (path: string, content: string | Uint8Array, time?: "now" | number) {
    yield* fs.makeDirectory(paths.dirname(at(path)), { recursive: true })
    yield* fs.writeFile(at(path), typeof content === "string" ? new TextEncoder().encode(content) : content)
    seconds += 10
    const stamp = time ?? seconds
    if (stamp !== "now") yield* fs.utimes(at(path), stamp, stamp)
  })
  return { fs, home, root, at, write }
})

export interface Spy {
  /** Base names of the files that were read. */
  readonly reads: Array<string>
  /** Runs after a file's bytes are taken and before they are handed on. */
  onRead: (path: string) => Effect.Effect<void, PlatformError>
  listing: "works" | "fails"
  /** Silent unless a test is about watching, so that nothing else looks at the folder while one is not. */
  watching: "silent" | "real" | "fails"
}

export const makeSpy = (watching: Spy["watching"] = "silent"): Spy => ({
  reads: [],
  onRead: () => Effect.void,
  listing: "works",
  watching
})

const refusal = new SystemError({ module: "FileSystem", method: "any", reason: "PermissionDenied" })

const spied = (spy: Spy) =>
  Layer.effect(
    FileSystem.FileSystem,
    Effect.map(FileSystem.FileSystem, (fs): FileSystem.FileSystem => ({
      ...fs,
      readDirectory: (path) => (spy.listing === "fails" ? refusal : fs.readDirectory(path)),
      readFile: (path) =>
        Effect.tap(fs.readFile(path), () => {
          spy.reads.push(path.slice(path.lastIndexOf("/") + 1))
          return Effect.orDie(spy.onRead(path))
        }),
      watch: (path) => {
        if (spy.watching === "silent") return Stream.never
        // Node throws when the system's limit is reached.
        return spy.watching === "fails" ? Stream.die("too many watches") : fs.watch(path)
      }
    }))
  ).pipe(Layer.provideMerge(NodeContext.layer))

/** The production layer over the real file system; `spy` sees or disturbs it. */
export const buildPersonas = (agentsDir: string, spy: Spy = makeSpy()) =>
  Effect.map(Layer.build(Personas.layer({ agentsDir }).pipe(Layer.provide(spied(spy)))), (context) =>
    Context.get(context, Personas)
  )
