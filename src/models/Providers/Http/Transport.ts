import { Effect, FiberSet, Option, type Scope } from "effect"
import type { Crashed } from "../../../domain/ProviderError.ts"
import type { Proxies } from "./Dispatcher.ts"
import * as Exchange from "./Exchange.ts"

export interface Call {
  readonly method: "GET" | "POST"
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Answer extends Exchange.Head {
  /** All that has come, once something has; fails with none at the end. */
  readonly read: Effect.Effect<ReadonlyArray<Uint8Array>, Option.Option<Crashed>>
  /** Nothing more is to be read: the connection is kept for the next call when the other side ends the answer too. */
  readonly release: Effect.Effect<void>
}

export interface Transport {
  /** Returns with the head of the answer. The connection is broken off at once when the scope closes before the end. */
  readonly send: (call: Call) => Effect.Effect<Answer, Exchange.Unsent, Scope.Scope>
}

/** Connections that are kept, and closed with the scope. */
export const make = Effect.fnUntraced(function* (proxies: Proxies) {
  // A megabyte of code, which a start without a model behind HTTP does not read.
  const { dispatcherFor } = yield* Effect.promise(() => import("./Dispatcher.ts"))
  const dispatcher = yield* Effect.acquireRelease(
    Effect.sync(() => dispatcherFor(proxies)),
    (it) => Effect.promise(() => it.destroy())
  )
  const endings = yield* FiberSet.make<void>()

  const send: Transport["send"] = Effect.fnUntraced(function* ({ body, headers, method, url }) {
    const { host, origin, pathname, search } = new URL(url)
    const exchange = Exchange.make(host)
    let isReleased = false
    yield* Effect.addFinalizer(() => (isReleased ? Effect.void : exchange.leave))
    dispatcher.dispatch({ origin, path: pathname + search, method, headers, body: body ?? null }, exchange.handler)
    const head = yield* exchange.begun
    const ended = exchange.ended.pipe(Effect.timeoutOption("1 second"), Effect.zipRight(exchange.leave))
    return {
      ...head,
      read: exchange.read,
      release: Effect.suspend(() => {
        isReleased = true
        return FiberSet.run(endings, ended)
      })
    }
  })
  return { send } satisfies Transport
})
