import { FileSystem } from "@effect/platform"
import { Cause, Effect, FiberMap, Queue, Schedule, Stream } from "effect"
import { broke } from "../../lib/broke.ts"

const settle = "200 millis"
const fallback = "30 seconds"

/**
 * Calls `rescan` soon after something changed in one of the folders that it last returned, and every 30 s whatever
 * happens. Folders are watched one by one: Node's recursive watch hides that the system's limit is reached.
 */
export const watch = Effect.fnUntraced(function* (rescan: Effect.Effect<ReadonlyMap<string, string>>) {
  const fs = yield* FileSystem.FileSystem
  const watchers = yield* FiberMap.make<string, void>()
  const dirty = yield* Queue.sliding<void>(1)
  let wanted: ReadonlyMap<string, string> = new Map()
  let warned = false

  const mark = Queue.offer(dirty, undefined)

  const warn = Effect.fnUntraced(function* (path: string, cause: Cause.Cause<unknown>) {
    if (warned) return
    warned = true
    yield* Effect.logWarning(`cannot watch ${path}; changes are found every ${fallback}`, cause)
  })

  const follow = (path: string) =>
    fs.watch(path).pipe(
      Stream.runForEach(() => mark),
      Effect.catchAllCause((cause) => (Cause.isInterruptedOnly(cause) ? Effect.void : warn(path, cause)))
    )

  const rewatch = Effect.fnUntraced(function* (folders: ReadonlyMap<string, string>) {
    const gone = Array.from(watchers, ([key]) => key).filter((key) => !folders.has(key))
    yield* Effect.forEach(gone, (key) => FiberMap.remove(watchers, key), { discard: true })
    yield* Effect.forEach(
      folders,
      ([key, path]) => FiberMap.run(watchers, key, follow(path), { onlyIfMissing: true }),
      {
        discard: true
      }
    )
    // What happened in a new folder before its watch began has told nobody.
    if (Array.from(folders.keys()).some((key) => !wanted.has(key))) yield* mark
    wanted = folders
  })

  const cycle = Effect.flatMap(rescan, rewatch).pipe(
    Effect.catchAllDefect((defect) => broke("personas", "looking for changed agents failed", Cause.die(defect)))
  )
  const onChange = Queue.take(dirty).pipe(
    Effect.zipRight(Effect.sleep(settle)),
    // Before the scan, so that a change during it is not lost.
    Effect.zipRight(Queue.takeAll(dirty)),
    Effect.zipRight(cycle)
  )

  yield* cycle
  yield* Effect.forkScoped(Effect.forever(onChange))
  yield* Effect.forkScoped(Effect.schedule(mark, Schedule.spaced(fallback)))
})
