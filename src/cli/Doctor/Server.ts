import { HttpClient, HttpClientRequest } from "@effect/platform"
import { Duration, Effect, Option, Schema, Stream } from "effect"
import type { Connection } from "../Connection.ts"
import { Broken, type Finding, Fine } from "./Finding.ts"

const about = "server"
const patience = "5 seconds"

const Rooms = Schema.parseJson(Schema.Array(Schema.Struct({ id: Schema.Number })))

const NotReady = Schema.parseJson(Schema.Struct({ detail: Schema.String }))

const get = ({ token, url }: Connection, path: string) =>
  Effect.timeout(
    Effect.flatMap(Effect.promise(token), (key) =>
      HttpClient.execute(HttpClientRequest.get(`${url}${path}`).pipe(HttpClientRequest.setHeader("x-api-key", key)))
    ),
    patience
  )

/** The first bytes come at once from the server itself; what stands between may hold them back. */
const flow = Effect.fnUntraced(function* (connection: Connection, room: number) {
  const name = "streams"
  const first = Effect.flatMap(get(connection, `/rooms/${room}/stream`), ({ stream }) =>
    Effect.timeoutOption(Stream.runHead(stream), patience)
  )
  const [took, head] = yield* Effect.timed(Effect.option(first))
  return Option.isSome(Option.flatten(Option.flatten(head)))
    ? Fine({ about: name, words: `begin after ${Math.round(Duration.toMillis(took))} ms` })
    : Broken({
        about: name,
        words: `nothing comes through within ${patience}: a proxy before ${connection.url} holds streams back (nginx: proxy_buffering off)`
      })
})

/** Whether the server can do its work; it says itself what it cannot. */
const readiness = Effect.fnUntraced(function* (connection: Connection) {
  const { status, text } = yield* get(connection, "/ready")
  if (status === 200) return []
  const { detail } = yield* Effect.flatMap(text, Schema.decode(NotReady))
  return [Broken({ about: "readiness", words: detail })]
})

/** Whether the server answers, can do its work, knows the token, and its streams come through without delay. */
export const server = Effect.fnUntraced(
  function* (connection: Connection) {
    const { url } = connection
    const health = yield* Effect.option(get(connection, "/health"))
    if (Option.isNone(health)) return [Broken({ about, words: `${url} does not answer` })]
    if (health.value.status !== 200) return [Broken({ about, words: `${url} answers ${health.value.status}` })]
    const unready = yield* readiness(connection)
    const rooms = yield* get(connection, "/rooms?limit=1")
    if (rooms.status !== 200) {
      return [...unready, Broken({ about, words: `${url} does not accept the token or password` })]
    }
    const [room] = yield* Effect.flatMap(rooms.text, Schema.decode(Rooms))
    const well: ReadonlyArray<Finding> = [Fine({ about, words: `${url} answers` }), ...unready]
    return room === undefined
      ? [...well, Fine({ about: "streams", words: "not looked at: there is no room yet" })]
      : [...well, yield* flow(connection, room.id)]
  },
  (looked, { url }) =>
    Effect.catchAll(Effect.scoped(looked), () =>
      Effect.succeed([Broken({ about, words: `${url} does not answer as Parley does` })])
    )
)
