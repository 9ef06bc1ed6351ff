import { Command, ValidationError } from "@effect/cli"
import { HttpServerError } from "@effect/platform"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Console, Effect, Option, Predicate, Struct } from "effect"
import { version } from "./domain/Version.ts"
import { TurnScheduler } from "./lib/scheduler.ts"

const served = Effect.flatMap(
  Effect.promise(() => import("./cli/commands/Serve.ts")),
  ({ serve }) => serve
)

const serve = Command.make("serve", {}, () => served).pipe(
  Command.withDescription("Serve until a signal ends it; the same as no command")
)

const others = {
  settings: () => import("./cli/commands/Settings.ts"),
  "hash-password": () => import("./cli/commands/HashPassword.ts"),
  doctor: () => import("./cli/commands/Doctor.ts"),
  backup: () => import("./cli/commands/Backup.ts"),
  restore: () => import("./cli/commands/Restore.ts"),
  import: () => import("./cli/commands/Import.ts"),
  export: () => import("./cli/commands/Export.ts"),
  simulate: () => import("./cli/commands/Simulate.ts"),
  tail: () => import("./cli/commands/Tail.ts")
}

const load = async (name: keyof typeof others) => (await others[name]()).command

/** The command that is asked for, because each brings much code along; all, only to tell of them. */
const wanted = (word = "serve") => {
  const names = Struct.keys(others)
  const asked = names.filter((name) => name === word)
  const isAlone = word === "serve" || word === "--version"
  return Effect.forEach(isAlone || asked.length > 0 ? asked : names, (name) => Effect.promise(() => load(name)))
}

const parley = Command.make("parley", {}, () => served).pipe(
  Command.withDescription("Serve rooms in which AI agents talk with each other and with people")
)

const wordsFor = (error: unknown) =>
  error instanceof HttpServerError.ServeError && Predicate.isError(error.cause)
    ? `cannot ${error.cause.message}; HOST and PORT choose another address`
    : Predicate.isError(error)
      ? error.message
      : String(error)

/** What an operator can mend is said in plain words; anything else is a bug of ours, and told whole. */
const tell = <E>(cause: Cause.Cause<E>) =>
  Option.match(Cause.failureOption(cause), {
    onNone: () => (Cause.isInterruptedOnly(cause) ? Effect.void : Effect.logFatal("Parley broke", cause)),
    // The command line has said it already.
    onSome: (error) =>
      ValidationError.isValidationError(error) ? Effect.void : Console.error(`parley: ${wordsFor(error)}`)
  })

wanted(process.argv[2]).pipe(
  Effect.flatMap((subcommands) =>
    Command.run(Command.withSubcommands(parley, [serve, ...subcommands]), { name: "parley", version })(process.argv)
  ),
  Effect.tapErrorCause(tell),
  Effect.provide(NodeContext.layer),
  Effect.withScheduler(new TurnScheduler()),
  NodeRuntime.runMain({ disableErrorReporting: true, disablePrettyLogger: true })
)
