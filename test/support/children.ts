import { FileSystem } from "@effect/platform"
import { Effect, Option } from "effect"

const statPattern = /^(\d+) \(claude\) (\S) (\d+) /

/** Ids of the running clients that this process has started. */
export const children = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const ids = (yield* fs.readDirectory("/proc")).filter((name) => /^\d+$/.test(name))
  const stats = yield* Effect.forEach(ids, (id) => Effect.option(fs.readFileString(`/proc/${id}/stat`)))
  return stats.flatMap((stat) => {
    const [, id, state, parent] = statPattern.exec(Option.getOrElse(stat, () => "")) ?? []
    return Number(parent) === process.pid && state !== "Z" ? [Number(id)] : []
  })
}).pipe(Effect.orDie)
