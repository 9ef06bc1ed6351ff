import { FileSystem, Path } from "@effect/platform"
import { Effect } from "effect"

/** The folders of the client below the data folder, which nobody else may read. */
export const make = Effect.fnUntraced(function* (dataDir: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const make = (name: string) => {
    const folder = path.resolve(dataDir, "claude", name)
    return Effect.zipRight(fs.makeDirectory(folder, { recursive: true }), Effect.as(fs.chmod(folder, 0o700), folder))
  }
  yield* make("")
  const folders = yield* Effect.all({
    home: make("home"),
    config: make("config"),
    work: make("work"),
    temp: make("temp"),
    processes: make("processes")
  })
  yield* barCopies(folders)
  return folders
})

/**
 * The client would keep a copy of every image in a folder of its own, and tell the model that folder's path on this
 * machine. Where a file stands in the folder's place it does neither.
 */
const barCopies = Effect.fnUntraced(function* ({ temp, work }: { readonly temp: string; readonly work: string }) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const project = (yield* fs.realPath(work)).replace(/[^a-zA-Z0-9]/g, "-")
  const own = path.join(temp, `claude-${process.getuid?.() ?? 0}`)
  yield* fs.makeDirectory(own, { recursive: true, mode: 0o700 })
  yield* fs.remove(path.join(own, project), { recursive: true, force: true })
  yield* fs.writeFileString(path.join(own, project), "")
})
