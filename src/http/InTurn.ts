import { Effect, FiberRef } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import type { RequestListener } from "node:http"
import { TurnScheduler } from "../lib/scheduler.ts"

/**
 * Hands requests on as they come; while connections come in a crowd, after these: until then nothing is made of them.
 */
export const inTurn = (listener: RequestListener) =>
  Effect.map(FiberRef.get(FiberRef.currentScheduler), (scheduler): RequestListener => {
    if (!(scheduler instanceof TurnScheduler)) return listener
    return (source, response) =>
      scheduler.afterConnections(() => {
        if (!response.destroyed) listener(source, response)
      })
  })
