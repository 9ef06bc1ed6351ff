import { Command } from "@effect/cli"
import { Console, Effect } from "effect"
import { describe } from "../../process/Settings.ts"

export const command = Command.make("settings", {}, () => Effect.flatMap(describe, Console.log)).pipe(
  Command.withDescription("Print every setting with its source, secrets redacted")
)
