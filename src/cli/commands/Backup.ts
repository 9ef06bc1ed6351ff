import { Args, Command } from "@effect/cli"
import { Path } from "@effect/platform"
import { Clock, Console, Effect, Option } from "effect"
import * as Backup from "../../store/Backup.ts"
import { Settings } from "../../process/Settings.ts"
import * as Progress from "./Progress.ts"

const file = Args.path({ name: "file" }).pipe(
  Args.optional,
  Args.withDescription("where it goes; a file named after the time in BACKUP_DIR when left out")
)

export const command = Command.make("backup", { file }, ({ file }) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const name = Backup.nameAt(yield* Clock.currentTimeMillis)
    const usual = path.join(yield* Backup.folder, name)
    const taken = yield* Backup.take(
      Option.getOrElse(file, () => usual),
      Progress.make()
    )
    yield* Console.log(`${taken.file}, ${(taken.bytes / 2 ** 20).toFixed(1)} MB; secrets and agents are not in it`)
  }).pipe(Effect.provide(Settings.layer))
).pipe(
  Command.withDescription(
    "Copy the database and what the agents memorized into one file, also while a server serves; never overwrites"
  )
)
