import { Options } from "@effect/cli"
import { Config, Data, Deferred, Effect, Option, Queue, Redacted, Runtime, Stream, type Take } from "effect"
import { signingKey } from "../process/Secrets.ts"
import { sign } from "../features/Sign.ts"
import { type Client, connect as client, Refused, type RoomEvent } from "../client/client.ts"
import { admin } from "../domain/User.ts"
import { Settings } from "../process/Settings.ts"

/** How a command reaches a server, in the names that scripts for the original know. */
export const options = {
  url: Options.text("url").pipe(
    Options.withAlias("u"),
    Options.withFallbackConfig(Config.string("BACKEND_URL")),
    Options.optional,
    Options.withDescription("address of the server; the one that these settings describe when left out")
  ),
  token: Options.redacted("token").pipe(
    Options.withAlias("t"),
    Options.withFallbackConfig(Config.redacted("JWT_TOKEN")),
    Options.optional,
    Options.withDescription("an access token; else the password decides, else the data folder's own key")
  ),
  password: Options.redacted("password").pipe(
    Options.withAlias("p"),
    Options.withFallbackConfig(
      Config.orElse(Config.redacted("CCRP_PASSWORD"), () => Config.redacted("CHITCHATS_PASSWORD"))
    ),
    Options.optional,
    Options.withDescription("a password to log in with")
  )
}

export interface Wanted {
  readonly url: Option.Option<string>
  readonly token: Option.Option<Redacted.Redacted>
  readonly password: Option.Option<Redacted.Redacted>
}

export interface Connection {
  readonly url: string
  /** Gives a token that holds now: who follows a room for days outlives one. */
  readonly token: () => Promise<string>
}

export class NotConnected extends Data.TaggedError("NotConnected")<{ readonly url: string; readonly reason: string }> {
  override get message() {
    return `${this.url} ${this.reason}`
  }
}

const hour = 3600

/** Whoever may read the server's secrets is its admin. */
const own = Effect.gen(function* () {
  const secret = yield* signingKey
  const { clock, runtime } = yield* Effect.all({ clock: Effect.clock, runtime: Effect.runtime<never>() })
  const token = Effect.suspend(() =>
    sign(secret, admin, { from: clock.unsafeCurrentTimeMillis() / 1000, seconds: hour })
  )
  return () => Runtime.runPromise(runtime)(token)
})

const constant = (token: string) => () => Promise.resolve(token)

const failed = (url: string) => (error: unknown) =>
  error instanceof Refused ? error : new NotConnected({ url, reason: "does not answer: is it running?" })

const ask = <A>(url: string, call: () => Promise<A>) => Effect.tryPromise({ try: call, catch: failed(url) })

const login = (url: string, password: Redacted.Redacted) =>
  ask(url, () => client({ url }).auth.login({ payload: { password: Redacted.value(password) } })).pipe(
    Effect.map(({ api_key }) => api_key)
  )

/** The address and a token for it. */
export const connect = Effect.fnUntraced(function* ({ password, token, url: given }: Wanted) {
  const { HOST, PORT } = yield* Settings
  const host = HOST === "0.0.0.0" || HOST === "::" ? "127.0.0.1" : HOST.includes(":") ? `[${HOST}]` : HOST
  const url = Option.getOrElse(given, () => `http://${host}:${PORT}`).replace(/\/+$/, "")
  const key = Option.isSome(token)
    ? constant(Redacted.value(token.value))
    : Option.isSome(password)
      ? constant(yield* login(url, password.value))
      : yield* own
  return { url, token: key } satisfies Connection
})

/** The contract's client for a connection. */
export const speak = ({ token, url }: Connection) => {
  const calls = client({ url, token })

  /** What happens in the room from now on: it returns when the stream stands, and ends it with the scope. */
  const follow = Effect.fnUntraced(function* (room: number) {
    const opened = yield* Deferred.make<void, Refused | NotConnected>()
    const events = yield* Queue.bounded<Take.Take<RoomEvent, Refused | NotConnected>>(1024)
    const leave = new AbortController()
    const following = { signal: leave.signal, onOpen: () => Deferred.unsafeDone(opened, Effect.void) }
    yield* Stream.fromAsyncIterable(calls.follow(room, following), failed(url)).pipe(
      Stream.tapError((error) => Deferred.fail(opened, error)),
      Stream.runIntoQueue(events),
      Effect.forkScoped
    )
    // Before the fiber is interrupted: it would wait for the next event.
    yield* Effect.addFinalizer(() => Effect.sync(() => leave.abort()))
    yield* Deferred.await(opened)
    return Stream.flattenTake(Stream.fromQueue(events))
  })

  return { ask: <A>(call: (calls: Client) => Promise<A>) => ask(url, () => call(calls)), follow }
}
