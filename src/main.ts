import { Command, ValidationError } from "@effect/cli"
import { HttpServerError } from "@effect/platform"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Array, Cause, Console, Effect, Option, Predicate, Struct } from "effect"
import { version } from "./domain/Version.ts"
import { TurnScheduler } from "./lib/scheduler.ts"

const serve = () => import("./cli/commands/Serve.ts")
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
const commands = { serve, ...others }
const names = Array.prepend(Struct.keys(others), "serve" as const)

const load = async (name: keyof typeof commands) => (await commands[name]()).command

/** The command that is asked for, because each brings much code along; or all, to tell of them. */
const wanted = (word = "serve") => {
  const asked = Array.filter(names, (name) => name === word)
  return Effect.forEach(Array.isNonEmptyArray(asked) ? asked : names, (name) => Effect.promise(() => load(name)))
}

const parley = Command.make("parley", {}, () => Effect.flatMap(Effect.promise(serve), (it) => it.serve)).pipe(
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
    Command.run(Command.withSubcommands(parley, subcommands), { name: "parley", version })(process.argv)
  ),
  Effect.tapErrorCause(tell),
  Effect.provide(NodeContext.layer),
  Effect.withScheduler(new TurnScheduler()),
  NodeRuntime.runMain({ disableErrorReporting: true, disablePrettyLogger: true })
)
