import { Command, ValidationError } from "@effect/cli"
import { HttpServerError } from "@effect/platform"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Console, Effect, Option, Predicate } from "effect"
import * as Doctor from "./Cli/Doctor.ts"
import * as Export from "./Cli/Export.ts"
import * as HashPassword from "./Cli/HashPassword.ts"
import * as Import from "./Cli/Import.ts"
import * as Serve from "./Cli/Serve.ts"
import * as Settings from "./Cli/Settings.ts"
import * as Simulate from "./Cli/Simulate.ts"
import * as Tail from "./Cli/Tail.ts"

const parley = Command.make("parley", {}, () => Serve.serve).pipe(
  Command.withDescription("Serve rooms in which AI agents talk with each other and with people"),
  Command.withSubcommands([
    Serve.command,
    Settings.command,
    HashPassword.command,
    Doctor.command,
    Import.command,
    Export.command,
    Simulate.command,
    Tail.command
  ])
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

Command.run(parley, { name: "parley", version: "0.1.0" })(process.argv).pipe(
  Effect.tapErrorCause(tell),
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain({ disableErrorReporting: true, disablePrettyLogger: true })
)
