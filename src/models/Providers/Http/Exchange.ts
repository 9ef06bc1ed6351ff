import type { Dispatcher } from "@effect/platform-node/Undici"
import { Effect, Option, Predicate } from "effect"
import { Crashed, Overloaded, Unreachable } from "../../../domain/ProviderError.ts"

/** Why no answer came. */
export type Unsent = Overloaded | Unreachable | Crashed

export interface Head {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
}

// The other side waits once this much has come that nobody has read.
const mostUnread = 262_144

// Certificates, an answer that is not HTTP, a proxy that refuses, a header that cannot be sent: waiting mends none.
const unmendable = /CERT|SIGN|SSL|TLS|^HPE_|OVERFLOW|ABORTED|INVALID/

// The name is unknown, or nothing listens there.
const absent: Readonly<Record<string, string>> = {
  ENOTFOUND: "the name is not known",
  EAI_AGAIN: "the name cannot be looked up at the moment",
  ECONNREFUSED: "nothing listens there",
  EHOSTUNREACH: "there is no way to the host",
  ENETUNREACH: "there is no way to its network",
  EADDRNOTAVAIL: "there is no way to the host",
  ETIMEDOUT: "the host does not answer"
}

const unreached = (error: Error, host: string) => {
  const code = Predicate.hasProperty(error, "code") ? String(error.code) : error.name
  const reason = absent[code]
  if (reason !== undefined) return new Unreachable({ host, reason })
  return unmendable.test(code)
    ? new Crashed({ reason: `the endpoint cannot be spoken to: ${code}` })
    : new Overloaded({ retryAfterMs: null, reason: "the endpoint closed the connection" })
}

/** One request to a host and its answer, as the HTTP client tells of them. */
export const make = (host: string) => {
  let controller: Dispatcher.DispatchController | null = null
  let head: Head | null = null
  let unread: Array<Uint8Array> = []
  let held = 0
  let failure: Error | null = null
  let isOver = false
  let isLeft = false
  let wake = () => {}

  const tell = (change: () => void) => {
    change()
    wake()
  }

  /** What `look` finds, now or after a change. */
  const found = <A, E>(look: () => Effect.Effect<A, E> | null) =>
    Effect.async<A, E>((resume) => {
      const answer = () => {
        // A look may let more come at once: that waits for the next one.
        wake = () => {}
        const it = look()
        if (it === null) wake = answer
        else resume(it)
      }
      answer()
      return Effect.sync(() => {
        wake = () => {}
      })
    })

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: (its) => {
      controller = its
      if (isLeft) its.abort(new Error("left"))
    },
    onResponseStart: (_, status, headers) => {
      // An informational answer is followed by the real one.
      if (status >= 200) tell(() => (head = { status, headers }))
    },
    onResponseData: (its, bytes) =>
      tell(() => {
        if (isLeft) return
        unread.push(bytes)
        held += bytes.length
        if (held > mostUnread) its.pause()
      }),
    onResponseEnd: () => tell(() => (isOver = true)),
    onResponseError: (_, error) =>
      tell(() => {
        isOver = true
        failure = error
      })
  }

  const begun = found<Head, Unsent>(() => {
    if (head !== null) return Effect.succeed(head)
    return failure === null ? null : Effect.fail(unreached(failure, host))
  })

  const read = found<ReadonlyArray<Uint8Array>, Option.Option<Crashed>>(() => {
    if (unread.length > 0) return Effect.succeed(take())
    if (failure !== null) return Effect.fail(Option.some(new Crashed({ reason: "the answer broke off in the middle" })))
    return isOver ? Effect.fail(Option.none()) : null
  })

  const take = () => {
    const taken = unread
    const isHeldUp = held > mostUnread
    unread = []
    held = 0
    // What waits may come before this returns, and may be too much again.
    if (isHeldUp) controller?.resume()
    return taken
  }

  return {
    handler,
    begun,
    /** All that has come, once something has; fails with none at the end. */
    read,
    /** What still comes is thrown away. */
    ended: Effect.forever(read).pipe(Effect.ignore),
    /** Breaks off at once what is still under way. */
    leave: Effect.sync(() => {
      isLeft = true
      unread = []
      if (!isOver) controller?.abort(new Error("left"))
    })
  }
}
