import { FileSystem } from "@effect/platform"
import { Effect, Option, Schedule } from "effect"

const statPattern = /^(\d+) \(claude\) (\S) (\d+) /

const clients = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const ids = (yield* fs.readDirectory("/proc")).filter((name) => /^\d+$/.test(name))
  const stats = yield* Effect.forEach(ids, (id) => Effect.option(fs.readFileString(`/proc/${id}/stat`)))
  return stats.flatMap((stat) => {
    const [, id, state, parent] = statPattern.exec(Option.getOrElse(stat, () => "")) ?? []
    return id === undefined || state === "Z" ? [] : [{ id: Number(id), parent: Number(parent) }]
  })
}).pipe(Effect.orDie)

/** Ids of the running clients that a process has started. */
export const childrenOf = (parent: number) =>
  Effect.map(clients, (all) => all.flatMap((client) => (client.parent === parent ? client.id : [])))

export const children = childrenOf(process.pid)

/** The one client of this process; waits until it is there. */
export const onlyChild = Effect.flatMap(children, ([id, ...rest]) =>
  id === undefined || rest.length > 0 ? Effect.fail("not one client" as const) : Effect.succeed(id)
).pipe(Effect.retry(Schedule.spaced("2 millis")))

/** True for a client that runs, whoever is its parent by now. */
export const isRunning = (id: number) => Effect.map(clients, (all) => all.some((client) => client.id === id))
