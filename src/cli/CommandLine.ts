import { Command, ValidationError } from "@effect/cli"
import { Effect, Struct } from "effect"
import { version } from "../domain/Version.ts"
import { Misread } from "./Misread.ts"

const others = {
  settings: () => import("./commands/Settings.ts"),
  "hash-password": () => import("./commands/HashPassword.ts"),
  doctor: () => import("./commands/Doctor.ts"),
  backup: () => import("./commands/Backup.ts"),
  restore: () => import("./commands/Restore.ts"),
  import: () => import("./commands/Import.ts"),
  export: () => import("./commands/Export.ts"),
  simulate: () => import("./commands/Simulate.ts"),
  tail: () => import("./commands/Tail.ts")
}

const load = async (name: keyof typeof others) => (await others[name]()).command

/** The command that is asked for, because each brings much code along; all, only to tell of them. */
const wanted = (word = "serve") => {
  const names = Struct.keys(others)
  const asked = names.filter((name) => name === word)
  const isAlone = word === "serve" || word === "--version"
  return Effect.forEach(isAlone || asked.length > 0 ? asked : names, (name) => Effect.promise(() => load(name)))
}

/** What the words ask for; without a command among them it is `served`. */
export const run = <E, R>(args: ReadonlyArray<string>, served: Effect.Effect<never, E, R>) => {
  const parley = Command.make("parley", {}, () => served).pipe(
    Command.withDescription("Serve rooms in which AI agents talk with each other and with people")
  )
  const serve = Command.make("serve", {}, () => served).pipe(
    Command.withDescription("Serve until a signal ends it; the same as no command")
  )
  return wanted(args[2]).pipe(
    Effect.flatMap((subcommands) =>
      Command.run(Command.withSubcommands(parley, [serve, ...subcommands]), { name: "parley", version })(args)
    ),
    Effect.mapError((error) => (ValidationError.isValidationError(error) ? new Misread() : error))
  )
}
