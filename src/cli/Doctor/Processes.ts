import { FileSystem, Path } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { Effect, Option } from "effect"
import { Settings } from "../../process/Settings.ts"
import { counted } from "../../lib/text.ts"
import { Doubtful, Fine } from "./Finding.ts"

const about = "processes"

const parentOf = (stat: string) => Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1])

/** Whether agents' processes are running that no server of this data folder looks after. Only Linux tells. */
export const processes = Effect.gen(function* () {
  const { DATA_DIR } = yield* Settings
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const config = path.resolve(DATA_DIR, "claude", "config")
  const lock = path.resolve(DATA_DIR, "lock")

  const isOurs = (pid: string) =>
    Effect.orElseSucceed(
      Effect.map(fs.readFileString(`/proc/${pid}/environ`), (environment) =>
        environment.split("\0").includes(`CLAUDE_CONFIG_DIR=${config}`)
      ),
      () => false
    )
  const holdsLock = Effect.fnUntraced(
    function* (pid: number) {
      const files = yield* fs.readDirectory(`/proc/${pid}/fd`)
      const targets = yield* Effect.forEach(files, (file) => Effect.option(fs.readLink(`/proc/${pid}/fd/${file}`)))
      return targets.some(Option.contains(lock))
    },
    Effect.orElseSucceed(() => false)
  )
  const isLookedAfter = (pid: number): Effect.Effect<boolean, PlatformError> =>
    pid <= 1
      ? Effect.succeed(false)
      : Effect.flatMap(holdsLock(pid), (holds) => (holds ? Effect.succeed(true) : isParentLookedAfter(pid)))
  const isParentLookedAfter = (pid: number) =>
    Effect.flatMap(fs.readFileString(`/proc/${pid}/stat`), (stat) => isLookedAfter(parentOf(stat)))

  const pids = yield* Effect.orElseSucceed(fs.readDirectory("/proc"), () => [])
  const ours = yield* Effect.filter(
    pids.filter((name) => /^\d+$/.test(name)),
    isOurs
  )
  // One that has ended meanwhile is nobody's orphan.
  const orphans = yield* Effect.filter(ours, (pid) =>
    Effect.orElseSucceed(Effect.negate(isParentLookedAfter(Number(pid))), () => false)
  )
  if (pids.length === 0) return []
  return orphans.length === 0
    ? [
        Fine({
          about,
          words:
            ours.length === 0 ? "no agent has one" : `${counted(ours.length, "agent")} with one each, all looked after`
        })
      ]
    : [
        Doubtful({
          about,
          words: `left behind by a server that was killed: ${orphans.join(", ")}; the next start ends them`
        })
      ]
})
