import { HttpApiBuilder, HttpServerError, type HttpServerResponse } from "@effect/platform"
import { Cause, Context, Effect, Exit, Option, Runtime, Tracer } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http"
import type { BodyNotJson, BodyTooLarge } from "../domain/Error.ts"
import type { TooManyRequests } from "../domain/Limit.ts"
import { CurrentUser, Unauthenticated, type User } from "../domain/User.ts"
import { Api } from "../features/Api.ts"
import { Credentials } from "../features/Credentials.ts"
import { MessagesApi, send } from "../features/Messages/Api.ts"
import * as MessagesHttp from "../features/Messages/Http.ts"
import { Origins } from "../features/Origins.ts"
import { RateLimits } from "../features/RateLimits.ts"
import { listed } from "../lib/response.ts"
import { Settings } from "../process/Settings.ts"
import { type BodyUnreadable, excessOf, refusalOf, textOf } from "./Body.ts"
import { boundsOf } from "./Contract.ts"
import { explainedTo } from "./Failure.ts"
import * as Head from "./Head.ts"
import * as Hosts from "./Hosts.ts"
import * as Meter from "./Meter.ts"
import { type Request, requestOf } from "./Request.ts"
import { type Asked, endpoint } from "./Straight/Endpoint.ts"
import * as Trace from "./Trace.ts"

type Response = HttpServerResponse.HttpServerResponse
type Refused = BodyNotJson | BodyTooLarge | BodyUnreadable | TooManyRequests | Unauthenticated

/**
 * Answers at node's own request event what people do most beside reading: they send messages. It asks the contract for
 * path, schemas and limits, and the contract's handler for the answer, in one fiber of few steps; errors are told by
 * whoever tells all of them. All else is for `rest`, and so is a head that is refused.
 */
export const make = Effect.fnUntraced(function* (rest: RequestListener) {
  const { identify, known } = yield* Credentials
  const { headersFor } = yield* Origins
  const limits = yield* RateLimits
  const settings = yield* Settings
  const clock = yield* Effect.clock
  const begin = yield* Trace.begin
  const encoded = yield* HttpApiBuilder.buildMiddleware(Api)
  const { fiberRefs, runtimeFlags } = yield* Effect.runtime()
  const isOurs = Hosts.known(settings)

  const sends = endpoint(MessagesApi, send, yield* MessagesHttp.sending)
  const bounds = boundsOf(sends, limits)
  const most = settings[sends.bound]

  /** Why it is refused before anything of its body is looked at. */
  const refusalFor = (request: Request, user: User | undefined, now: number) => {
    const refusal = excessOf(request.headers, most) ?? refusalOf(request.headers)
    if (refusal !== undefined) return refusal
    for (const limit of bounds) {
      const excess = limit(request, user, now)
      if (excess !== undefined) return excess
    }
    return undefined
  }

  const taken = <E>(source: IncomingMessage, { headers }: Request, asked: Asked<E>) =>
    Effect.flatMap(textOf(source, most), (text) => asked(headers, text))

  /** The same where it is not known yet who asks. */
  const identified = <E>(source: IncomingMessage, request: Request, asked: Asked<E>, now: number) =>
    Effect.flatMap(Effect.option(identify(request)), (found): Effect.Effect<Response, E | Refused> => {
      const user = Option.getOrUndefined(found)?.user
      const refusal = refusalFor(request, user, now)
      if (user === undefined) return refusal ?? Unauthenticated.of()
      return refusal ?? Effect.provideService(taken(source, request, asked), CurrentUser, user)
    })

  /** As the contract has the error; a defect where it knows none. */
  const told = (cause: Cause.Cause<unknown>): Effect.Effect<Response> =>
    // @effect-diagnostics-next-line anyUnknownInErrorContext:off
    Effect.orDie(encoded(Effect.failCause(cause)))

  /** Every error is told by who tells those of all routes. */
  const fork = <E, R>(request: Request, context: Context.Context<R>, answer: Effect.Effect<Response, E, R>) =>
    Runtime.runFork(
      Runtime.make({ context, fiberRefs, runtimeFlags }),
      Effect.catchAllCause(answer, (cause) => explainedTo(request)(told(cause)))
    )

  const begun = <E>(source: IncomingMessage, request: Request, asked: Asked<E>, span: Tracer.Span) => {
    const now = clock.unsafeCurrentTimeMillis()
    const user = known(request, now)
    const context = Context.make(Tracer.ParentSpan, span)
    if (user === undefined) return fork(request, context, identified(source, request, asked, now))
    const answer = Effect.suspend(
      (): Effect.Effect<Response, E | Refused, CurrentUser> =>
        refusalFor(request, user, now) ?? taken(source, request, asked)
    )
    // Given at once: to provide a service later takes a fiber twenty steps.
    return fork(request, Context.add(context, CurrentUser, user), answer)
  }

  const write = (
    request: Request,
    span: Tracer.Span,
    response: ServerResponse,
    { body, headers, status }: Response
  ) => {
    const own = Trace.headersOf(span, request.headers)
    response.writeHead(status, listed(headersFor(request.headers["origin"]), own, headers))
    response.end(body._tag === "Uint8Array" ? body.body : undefined)
  }

  const run = <E>(source: IncomingMessage, response: ServerResponse, request: Request, asked: Asked<E>) => {
    const began = clock.unsafeCurrentTimeNanos()
    const span = begin(request, sends.path)
    const fiber = begun(source, request, asked, span)
    response.once("close", () => {
      if (!response.writableEnded) fiber.unsafeInterruptAsFork(HttpServerError.clientAbortFiberId)
    })
    fiber.addObserver((exit) => {
      const ended = clock.unsafeCurrentTimeNanos()
      const status = Exit.isSuccess(exit) ? exit.value.status : 0
      if (Exit.isSuccess(exit)) Trace.tell(span, status)
      span.end(ended, exit)
      Meter.record(request.method, sends.path, status, Number(ended - began) / 1e9)
      if (Exit.isSuccess(exit)) write(request, span, response, exit.value)
      else response.destroy()
    })
  }

  const listener: RequestListener = (source, response) => {
    const asked = source.method === "POST" ? sends.match(source.url ?? "") : undefined
    if (asked === undefined || Head.refusalOf(source) !== undefined) return rest(source, response)
    const request = requestOf(source, "POST")
    if (request === undefined || !isOurs(request.headers["host"] ?? "")) return rest(source, response)
    run(source, response, request, asked)
  }
  return listener
})
