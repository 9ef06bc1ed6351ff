import { Effect, FiberSet, Stream } from "effect"
import {
  Crashed,
  ProviderEvent,
  type Session,
  type SessionSpec,
  type ToolResult,
  type TurnInput
} from "../../domain/Provider.ts"
import { connect } from "./Connection.ts"
import type { Client } from "./Options.ts"
import type { Call } from "./Tools.ts"

/** `spent` once a turn did not reach its end: the session's history then holds what the room's does not. */
type Phase = "idle" | "busy" | "spent"

const nobody: Call = () => Promise.resolve({ text: "The turn is over.", isError: true })

/** Returns when the process is ready for the first turn; it is gone when the scope has closed. */
export const open = Effect.fn("Claude.open")(function* (client: Client, spec: SessionSpec) {
  let phase: Phase = "idle"
  let callTool = nobody
  const connection = yield* connect(client, spec, (name, input) => callTool(name, input))

  const cutOff = Effect.suspend(() => {
    if (phase !== "busy") return Effect.void
    phase = "spent"
    return connection.interrupt
  })
  yield* Effect.addFinalizer(() => cutOff)

  const begin = Effect.fnUntraced(function* (input: TurnInput) {
    const run = yield* FiberSet.makeRuntimePromise<never, ToolResult, never>()
    phase = "busy"
    callTool = (name, args) => run(Effect.interruptible(input.callTool(name, args)))
    yield* Effect.addFinalizer(() =>
      Effect.zipRight(
        Effect.sync(() => (callTool = nobody)),
        cutOff
      )
    )
    yield* connection.say(input)
  }, Effect.uninterruptible)

  return {
    turn: (input) =>
      Stream.unwrapScoped(
        Effect.gen(function* () {
          if (phase !== "idle") return yield* new Crashed({ reason: "the session's last turn did not reach its end" })
          yield* begin(input)
          return connection.heard.pipe(
            Stream.tap((event) => Effect.sync(() => (phase = event._tag === "Done" ? "idle" : phase))),
            Stream.takeUntil(ProviderEvent.$is("Done"))
          )
        })
      )
  } satisfies Session
})
