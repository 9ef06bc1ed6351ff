import { Effect, FiberSet } from "effect"
import {
  ProviderEvent,
  type Session,
  type SessionSpec,
  type ToolResult,
  type TurnInput
} from "../../../domain/Provider.ts"
import { Crashed } from "../../../domain/ProviderError.ts"
import * as Bill from "./Bill.ts"
import * as Bookmark from "./Bookmark.ts"
import { connect } from "./Connection.ts"
import type { Client } from "./Options.ts"
import { speechOf } from "./Speech.ts"
import type { Call } from "./Tools.ts"

/** `spent` once a turn did not reach its end: the session's history then holds what the room's does not. */
type Phase = "idle" | "busy" | "spent"

type Done = Extract<ProviderEvent, { readonly _tag: "Done" }>

const nobody: Call = () => Promise.resolve({ text: "The turn is over.", isError: true })

/** Returns when the process is ready for the first turn; it is gone when the scope has closed. */
export const open = Effect.fn("Claude.open")(function* (client: Client, spec: SessionSpec) {
  let phase: Phase = "idle"
  let callTool = nobody
  const bookmark = spec.resume === null ? null : yield* Bookmark.read(spec.resume)
  let beginning = bookmark === null ? "" : yield* client.beginningOf(bookmark)
  const speech = speechOf(spec, client.traits)
  const bill = Bill.make(spec, client.prices)
  const connection = yield* connect(client, spec, bookmark, (name, input) => callTool(name, input), bill)

  const cutOff = Effect.suspend(() => {
    if (phase !== "busy") return Effect.void
    phase = "spent"
    return connection.interrupt
  })
  yield* Effect.addFinalizer(() => cutOff)

  /** The session can be resumed only as long as its record is the one that it began with. */
  const end = (done: Done, sessionId: string) =>
    Effect.orDie(Bookmark.read(sessionId)).pipe(
      Effect.flatMap(client.beginningOf),
      Effect.map((now) => {
        beginning ||= now
        return beginning === now ? done : ProviderEvent.Done({ ...done, sessionId: null })
      })
    )

  // A turn that cannot be gone on from is cut off: the client may still be at it.
  const pass = (event: ProviderEvent): Effect.Effect<ProviderEvent> => {
    if (event._tag !== "Done" || event.sessionId === null) return Effect.succeed(event)
    phase = "idle"
    return end(event, event.sessionId)
  }

  const begin = Effect.fnUntraced(function* (input: TurnInput) {
    const run = yield* FiberSet.makeRuntimePromise<never, ToolResult, never>()
    phase = "busy"
    bill.open(input.spend)
    callTool = (name, args) => run(Effect.interruptible(input.callTool(name, args)))
    yield* Effect.addFinalizer(() =>
      Effect.zipRight(
        Effect.sync(() => {
          callTool = nobody
          bill.close()
        }),
        cutOff
      )
    )
    yield* connection.say(input)
  }, Effect.uninterruptible)

  return {
    pid: connection.pid,
    turn: Effect.fnUntraced(function* (input) {
      if (phase !== "idle") return yield* new Crashed({ reason: "the session's last turn did not reach its end" })
      yield* begin(input)
      return speech(Effect.flatMap(connection.next, pass), input.callTool)
    })
  } satisfies Session
})
