import { HttpServerError } from "@effect/platform"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Console, Effect, Option, Predicate } from "effect"
import { Misread } from "./cli/Misread.ts"
import { TurnScheduler } from "./lib/scheduler.ts"

const served = Effect.flatMap(
  Effect.promise(() => import("./cli/commands/Serve.ts")),
  ({ serve }) => serve
)

const commanded = Effect.flatMap(
  Effect.promise(() => import("./cli/CommandLine.ts")),
  ({ run }) => run(process.argv, served)
)

/** Whoever gives no word serves, and reads nothing of the other commands. */
const asked = process.argv.length > 2 ? commanded : served

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
    onSome: (error) => (error instanceof Misread ? Effect.void : Console.error(`parley: ${wordsFor(error)}`))
  })

asked.pipe(
  Effect.tapErrorCause(tell),
  Effect.provide(NodeContext.layer),
  Effect.withScheduler(new TurnScheduler()),
  NodeRuntime.runMain({ disableErrorReporting: true, disablePrettyLogger: true })
)
