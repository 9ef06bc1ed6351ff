import { Args, Command } from "@effect/cli"
import { Console, Effect, Layer } from "effect"
import * as DataDir from "../../process/DataDir.ts"
import { restore } from "../../store/Restore.ts"
import { Settings } from "../../process/Settings.ts"
import * as Progress from "./Progress.ts"

const file = Args.path({ name: "file", exists: "yes" }).pipe(Args.withDescription("what parley backup has written"))

export const command = Command.make("restore", { file }, ({ file }) =>
  Effect.gen(function* () {
    const { aside, keptLogouts } = yield* restore(file, Progress.make())
    yield* Console.log(`restored ${file}; what was there before is in ${aside}`)
    if (!keptLogouts) {
      yield* Console.log("logins that were ended since the backup may hold again: delete secrets.json to end them all")
    }
  }).pipe(Effect.provide(Layer.provideMerge(DataDir.layer, Settings.layer)))
).pipe(Command.withDescription("Put a backup in the place of the database and the memories; not while a server serves"))
