import type { HttpServerResponse } from "@effect/platform"
import { Effect, Exit } from "effect"
import * as Meter from "../lib/metric.ts"

const requests = Meter.counter(
  "parley_http_requests_total",
  "Requests answered, by route of the contract and class of status",
  "method",
  "route",
  "status"
)

const durations = Meter.histogram(
  "parley_http_request_duration_seconds",
  "From the head of a request to the end of its answer; of an event stream, until its reader has what it missed",
  [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  "method",
  "route"
)

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
const classes = ["aborted", "1xx", "2xx", "3xx", "4xx", "5xx"] as const

/**
 * Counts an answered request. The route is the contract's template, and absent for what is none of its routes; status 0
 * is a caller who left before the answer.
 */
export const record = (method: string, route: string | undefined, status: number, seconds: number) => {
  const verb = methods.has(method) ? method : "other"
  const path = route ?? "other"
  requests(1, verb, path, classes[Math.floor(status / 100)] ?? "5xx")
  durations(seconds, verb, path)
}

/** Records what the effect answers. */
export const metered =
  (method: string, route: string | undefined) =>
  <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
    Effect.clockWith((clock) => {
      const began = clock.unsafeCurrentTimeNanos()
      return Effect.onExit(app, (exit) =>
        Effect.sync(() => {
          const seconds = Number(clock.unsafeCurrentTimeNanos() - began) / 1e9
          record(method, route, Exit.isSuccess(exit) ? exit.value.status : 0, seconds)
        })
      )
    })
