import { Effect } from "effect"
// One answer for all files: `FileSystem` would have a fiber for each, and a turn looks at about ten.
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { stat, type Stats } from "node:fs"

/** What tells a file from what lay at its path before. */
export interface Mark {
  readonly path: string
  /** When it was last changed, in epoch milliseconds; 0 where that is not known. */
  readonly time: number
  readonly mark: string
}

const unmarked = (path: string, { code }: NodeJS.ErrnoException): Mark => ({
  path,
  time: 0,
  mark: code === "ENOENT" ? "missing" : "unknown"
})

const marked = (path: string, { ino, mtime, size }: Stats): Mark => {
  const time = mtime.getTime()
  return { path, time, mark: `${size}@${time}#${ino}` }
}

/** The marks of files, in the order of their paths. */
export const marksOf = (paths: ReadonlyArray<string>) =>
  Effect.async<ReadonlyArray<Mark>>((resume) => {
    const marks = new Map<string, Mark>()
    const told = () => resume(Effect.succeed(paths.flatMap((path) => marks.get(path) ?? [])))
    if (paths.length === 0) return told()
    for (const path of paths) {
      stat(path, (error, stats) => {
        marks.set(path, error === null ? marked(path, stats) : unmarked(path, error))
        if (marks.size === paths.length) told()
      })
    }
  })
