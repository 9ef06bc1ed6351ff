// @effect-diagnostics globalFetch:off
import { HttpBody, HttpClient, HttpClientRequest, type HttpMethod, HttpServer } from "@effect/platform"
import { Deferred, Effect, Predicate, Queue, Schema, Stream } from "effect"
import { type Client, connect, Refused, type RoomEvent } from "../../src/client/client.ts"
import { Auth } from "../../src/features/Auth.ts"
import { admin } from "../../src/domain/User.ts"
import { eventIn, type EventOf, type EventType, is } from "./events.ts"

const Json = Schema.parseJson(Schema.Unknown)

/** One frame of an event stream; a comment has no type. */
export interface Frame {
  readonly id: number | null
  readonly type: string | null
  readonly data: RoomEvent | null
}

const decodeFrame = (text: string): Frame => {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1]
  const id = field("id")
  const data = field("data")
  return {
    id: id === undefined ? null : Number(id),
    type: field("event") ?? null,
    data: data === undefined ? null : eventIn(data)
  }
}

/**
 * Speaks to the house of the test: `ask` as programs do, by `parley/client`; `send`, `json` and `events` in plain HTTP,
 * for what no program of the contract's types sends or sees. No token means none is sent. Every request has the headers
 * that are given, as those of a browser or a proxy.
 */
export const as = (token: string | null, headers: Readonly<Record<string, string>> = {}) =>
  Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    const base = HttpServer.formatAddress(address).replace("0.0.0.0", "127.0.0.1")
    // A traceparent is the test's to send.
    const http = HttpClient.withTracerPropagation(yield* HttpClient.HttpClient, false)
    const own = { ...headers, ...(token === null ? {} : { "x-api-key": token }) }

    const send = (method: HttpMethod.HttpMethod, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      http.execute(
        HttpClientRequest.make(method)(`${base}${path}`).pipe(
          HttpClientRequest.setHeaders({ ...own, ...headers }),
          body === undefined ? (request) => request : HttpClientRequest.setBody(HttpBody.unsafeJson(body))
        )
      )

    const json = (method: HttpMethod.HttpMethod, path: string, body?: unknown, headers?: Record<string, string>) =>
      Effect.scoped(
        Effect.flatMap(send(method, path, body, headers), (response) =>
          Effect.map(Effect.flatMap(response.text, Schema.decode(Json)), (data) => ({
            status: response.status,
            data,
            /** The kind of error, if it is one. */
            tag: Predicate.hasProperty(data, "_tag") ? data._tag : null,
            headers: response.headers
          }))
        )
      )

    /** Reads an event stream until the scope closes. Returns once the answer's head is there. */
    const events = Effect.fnUntraced(function* (path: string, headers: Record<string, string> = {}) {
      const response = yield* send("GET", path, undefined, headers)
      const queue = yield* Queue.unbounded<Frame>()
      const over = yield* Deferred.make<void>()
      const seen: Array<Frame> = []
      let rest = ""
      yield* response.stream.pipe(
        Stream.decodeText(),
        Stream.runForEach((text) => {
          const parts = `${rest}${text}`.split("\n\n")
          rest = parts.pop() ?? ""
          return Queue.offerAll(queue, parts.map(decodeFrame))
        }),
        Effect.ignore,
        Effect.zipRight(Deferred.succeed(over, undefined)),
        Effect.forkScoped
      )
      const next = Effect.tap(Queue.take(queue), (frame) => Effect.sync(() => seen.push(frame))).pipe(
        Effect.timeout("10 seconds"),
        Effect.orDie
      )
      /** The next frame that fits; those before it are in `seen`. */
      const until = (fits: (frame: Frame) => boolean) => Effect.repeat(next, { until: fits })
      /** The next event of the type that fits, as its frame names it; what came before is in `seen`. */
      const hears = <T extends EventType>(type: T, fits: (event: EventOf<T>) => boolean = () => true) => {
        const isOne = is(type)
        const event = Effect.map(next, (frame) => (frame.type === type ? frame.data : null))
        return Effect.repeat(event, {
          until: (event): event is EventOf<T> => event !== null && isOne(event) && fits(event)
        })
      }
      const rush = Effect.map(Queue.takeAll(queue), (frames) => void seen.push(...frames))
      return {
        status: response.status,
        headers: response.headers,
        seen,
        next,
        until,
        hears,
        /** What was read so far, without comments. */
        get told() {
          return seen.flatMap(({ data }) => data ?? [])
        },
        /** Waits for the end of the stream; what had come is in `seen`. */
        over: Deferred.await(over).pipe(Effect.timeout("10 seconds"), Effect.orDie, Effect.zipRight(rush))
      }
    })

    const parley = connect({
      url: base,
      fetch: (input, init = {}) => {
        const all = new Headers(init.headers)
        for (const [name, value] of Object.entries(own)) all.set(name, value)
        return fetch(input, { ...init, headers: all })
      }
    })
    /** What the call gives; fails with the refusal. The signal ends a call that takes it, when nobody waits for it. */
    const ask = <A>(call: (parley: Client, signal: AbortSignal) => Promise<A>) =>
      Effect.async<A, Refused>((resume, signal) => {
        call(parley, signal).then(
          (answer) => resume(Effect.succeed(answer)),
          (error: unknown) => resume(error instanceof Refused ? Effect.fail(error) : Effect.die(error))
        )
      })

    return { base, token, send, json, events, ask }
  })

export type Ask = Effect.Effect.Success<ReturnType<typeof as>>["ask"]

/** How a call is answered: 200, which every call's success is, or as it is refused. */
export const statusOf = <A>(asked: Effect.Effect<A, Refused>) =>
  Effect.match(asked, { onFailure: ({ status }) => status, onSuccess: () => 200 })

/** Speaks to the house as its admin. */
export const make = Effect.gen(function* () {
  const auth = yield* Auth
  const { token } = yield* Effect.flatMap(auth.link(admin), auth.exchange)
  return { ...(yield* as(token)), token }
})

/** Speaks to the house as a guest who has just logged in. */
export const guest = Effect.gen(function* () {
  const { token, user } = yield* Effect.flatMap(Auth, (auth) => auth.login("guest"))
  return { ...(yield* as(token)), token, user }
})
