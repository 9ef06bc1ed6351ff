import { Cause, Clock, Deferred, Effect, Exit, Fiber, FiberSet } from "effect"
import type { Provider, ProviderEvent, Seat, Session, SessionSpec } from "../../domain/Provider.ts"
import { type ProviderError, TimedOut } from "../../domain/ProviderError.ts"
import * as Json from "../../lib/json.ts"
import { broke } from "../../lib/broke.ts"
import type { Restore } from "../../lib/restore.ts"

/** A live session and the fiber that holds it: the fiber lives as long as the client, and interrupting it closes it. */
export interface Client {
  readonly seat: Seat
  readonly likeness: Likeness
  readonly fiber: Fiber.Fiber<never, ProviderError>
  readonly session: Session
  readonly progress: Progress
  readonly provider: string
  readonly model: string
  /** In epoch milliseconds, as is `idleSince`. */
  readonly openedAt: number
  idleSince: number
  /** Must not be lent again. */
  doomed: boolean
}

/** Where the model's session stands, as its turns have told. */
interface Progress {
  sessionId: string | null
  /** False from the start of a turn until it has ended well, with an id to resume it by. */
  settled: boolean
}

/** What a client is made from, apart from the session that it resumed. */
interface Likeness extends Omit<SessionSpec, "resume" | "seat"> {
  readonly seat: string
  readonly provider: string
}

const likenessOf = ({ name }: Provider, { resume: _, seat, ...spec }: SessionSpec): Likeness => ({
  ...spec,
  seat: seat.key,
  provider: name
})

/** The long texts are compared as they are, and mostly are the very same. */
const isAlike = ({ options, tools, ...one }: Likeness, { options: others, tools: otherTools, ...other }: Likeness) =>
  one.systemPrompt === other.systemPrompt &&
  one.seat === other.seat &&
  one.provider === other.provider &&
  one.model === other.model &&
  one.agentName === other.agentName &&
  Json.stringify(options) === Json.stringify(others) &&
  (tools === otherTools || Json.stringify(tools) === Json.stringify(otherTools))

/** Whether a client is what `open` would give, with the session just where the caller wants to go on. */
export const suits = (client: Client, provider: Provider, spec: SessionSpec) =>
  client.progress.sessionId === spec.resume && isAlike(client.likeness, likenessOf(provider, spec))

const tracked = (session: Session, progress: Progress): Session => {
  const note = (events: ReadonlyArray<ProviderEvent>) => {
    for (const event of events) {
      if (event._tag !== "Done") continue
      progress.sessionId = event.sessionId
      progress.settled = event.sessionId !== null
    }
    return events
  }
  return {
    pid: session.pid,
    turn: (input) =>
      Effect.suspend(() => {
        progress.settled = false
        return Effect.map(session.turn(input), Effect.map(note))
      })
  }
}

/** Returns when the client is closed. */
export const close = ({ fiber, seat }: Client) =>
  Effect.flatMap(Fiber.interrupt(fiber), (exit) =>
    Exit.isFailure(exit) && !Cause.isInterruptedOnly(exit.cause)
      ? broke("pool", `the client of seat ${seat.key} did not close cleanly`, exit.cause)
      : Effect.void
  )

/** Clients that are closed, and waited for, when the scope ends in which this is made. */
export const makeClients = Effect.fnUntraced(function* (connectMs: number) {
  const fibers = yield* FiberSet.make<never, ProviderError>()
  const tally = { opened: 0, closed: 0 }

  const live = (provider: Provider, spec: SessionSpec, ready: Deferred.Deferred<Session>) =>
    provider.open(spec).pipe(
      Effect.flatMap((session) => {
        tally.opened++
        return Effect.zipRight(Deferred.succeed(ready, session), Effect.never)
      }),
      Effect.scoped,
      Effect.ensuring(Effect.map(Deferred.isDone(ready), (wasUp) => void (tally.closed += wasUp ? 1 : 0))),
      Effect.interruptible
    )

  /**
   * To be called where it cannot be interrupted, with `restore` for the wait: interrupted there, or out of time, it
   * returns when what it had opened is closed.
   */
  const open = Effect.fn("SdkPool.open")(function* (provider: Provider, spec: SessionSpec, restore: Restore) {
    const ready = yield* Deferred.make<Session>()
    const fiber = yield* FiberSet.run(fibers, live(provider, spec, ready))
    const session = yield* Effect.raceFirst(Deferred.await(ready), Fiber.join(fiber)).pipe(
      Effect.timeoutFail({
        duration: connectMs,
        onTimeout: () => new TimedOut({ phase: "connect", afterMs: connectMs })
      }),
      restore,
      Effect.onError(() => Fiber.interrupt(fiber))
    )
    const progress: Progress = { sessionId: spec.resume, settled: true }
    const client: Client = {
      seat: spec.seat,
      likeness: likenessOf(provider, spec),
      fiber,
      session: tracked(session, progress),
      progress,
      provider: provider.name,
      model: spec.model,
      openedAt: yield* Clock.currentTimeMillis,
      idleSince: 0,
      doomed: false
    }
    return client
  })

  return { open, tally }
})
