import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { request } from "node:http"
import { Credentials } from "../../src/features/Credentials.ts"
import * as FastPath from "../../src/http/FastPath.ts"
import { Origins } from "../../src/features/Origins.ts"
import { RateLimits } from "../../src/features/RateLimits.ts"
import { Settings } from "../../src/process/Settings.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import { listening } from "../support/listening.ts"

type Headers = Readonly<Record<string, string | ReadonlyArray<string>>>
interface Asked {
  readonly path: string
  readonly method?: string
  readonly headers?: Headers
}

const ask = (base: string, { headers = {}, method = "GET", path }: Asked) =>
  Effect.async<{ readonly status: number; readonly headers: Record<string, unknown>; readonly body: string }>(
    (resume) => {
      const sent = Object.entries(headers).map(([name, value]) => [
        name,
        typeof value === "string" ? value : [...value]
      ])
      request(base, { method, path, agent: false, headers: Object.fromEntries(sent) }, (answer) => {
        const parts: Array<Buffer> = []
        answer.on("data", (part) => parts.push(part))
        answer.once("end", () => {
          const { date: _date, ...headers } = answer.headers
          resume(Effect.succeed({ status: answer.statusCode ?? 0, headers, body: Buffer.concat(parts).toString() }))
        })
      }).end()
    }
  )

/** All but what no two answers share. */
const comparable = ({ body, headers, status }: Effect.Effect.Success<ReturnType<typeof ask>>) => {
  const trace = /^00-([0-9a-f]{32})-[0-9a-f]{16}-0[01]$/.exec(String(headers["traceparent"]))?.[1]
  const own = headers["x-request-id"] === trace ? "trace" : headers["x-request-id"]
  return { status, body, headers: { ...headers, traceparent: trace?.length, "x-request-id": own } }
}

const elsewhere = 599
const settings = Settings.layerFrom({ RATE_LIMITS: "false" })

const setup = Effect.gen(function* () {
  const admin = yield* Client.make
  const guest = yield* Client.guest
  const room = yield* guest.ask(({ rooms }) => rooms.create({ payload: { name: "read often" } }))
  const hidden = yield* admin.ask(({ rooms }) => rooms.create({ payload: { name: `hidden ${room.id}` } }))
  const inRoom = { room_id: room.id }
  const say = guest.ask(({ messages }) => messages.send({ path: inRoom, payload: { content: "Hello." } }))
  const first = yield* say
  yield* say
  const alone = yield* FastPath.make((_request, response) => void response.writeHead(elsewhere).end())
  const fast = yield* listening(alone)
  const path = `/rooms/${room.id}`
  const key = { "x-api-key": guest.token }
  return {
    admin,
    guest,
    say,
    first,
    hidden: `/rooms/${hidden.id}`,
    inRoom,
    path,
    key,
    base: guest.base,
    fast: fast.url
  }
}).pipe(
  Effect.provide(
    Layer.mergeAll(Credentials.layer, RateLimits.layer).pipe(Layer.provide(Origins.layer), Layer.provideMerge(settings))
  )
)

/** Too long for the fast path, and the same to the contract. */
const longer = ({ path, ...rest }: Asked): Asked => ({
  ...rest,
  path: `${path}${path.includes("?") ? "&" : "?"}pad=${"1".repeat(200)}`
})

layer(House.shared({ agents: { Ada: "Ada builds clocks." } }), { excludeTestServices: true })("The fast path", (it) => {
  it.scoped("answers what is read again and again as the long way does, header by header", () =>
    Effect.gen(function* () {
      const { base, fast, first, guest, key, path } = yield* setup
      const bearer = { authorization: `Bearer ${guest.token}` }
      const cookie = { cookie: `a=b; auth_token=${guest.token}` }
      const list = `${path}/messages`
      const { headers } = yield* ask(base, { path: list, headers: key })
      const etag = String(headers["etag"])
      const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
      const examples: ReadonlyArray<Asked> = [
        { path: list, headers: key },
        { path: `${list}?`, headers: key },
        { path: `${list}?limit=1`, headers: key },
        { path: `${list}?limit=1000&after=${first.id}`, headers: key },
        { path: `${list}?before=${first.id}&limit=007`, headers: key },
        { path: `${list}?unheard_of=1`, headers: key },
        { path: `${list}/poll`, headers: key },
        { path: `${list}/poll?since_id=${first.id}`, headers: key },
        { path: `${list}/poll?since_id=999999`, headers: key },
        { path: `${path}/chatting-agents`, headers: key },
        { path: "/rooms", headers: key },
        { path: "/rooms/", headers: key },
        { path: "/rooms?", headers: key },
        { path: "/rooms?limit=1", headers: key },
        { path: `/rooms/?limit=5&before=${path.slice(7)}`, headers: key },
        { path: "/health" },
        { path: "/health", headers: { ...key, "x-request-id": "evening-7" } },
        { path: list, headers: bearer },
        { path: list, headers: cookie },
        { path: list, headers: { ...cookie, "sec-fetch-site": "same-origin" } },
        { path: list, headers: { ...key, "if-none-match": etag } },
        { path: list, headers: { ...key, "if-none-match": `"other", W/${etag}` } },
        { path: list, headers: { ...key, "if-none-match": `"other"` } },
        { path: list, headers: { ...key, "x-request-id": "evening-7", traceparent } },
        { path: list, headers: { ...key, "x-request-id": "not fitting" } },
        { path: list, headers: { ...key, accept: ["text/html", "*/*"], "accept-encoding": "gzip, br" } }
      ]
      for (const example of examples) {
        const long = comparable(yield* ask(base, longer(example)))
        yield* ask(base, example)
        const [quick, whole] = [yield* ask(fast, example), yield* ask(base, example)]
        deepStrictEqual([example, comparable(quick)], [example, long])
        deepStrictEqual([example, comparable(whole)], [example, long])
      }
    })
  )

  it.scoped("leaves to the long way what is not plain, not remembered, or not allowed", () =>
    Effect.gen(function* () {
      const { base, fast, first, hidden, key, path } = yield* setup
      const list = `${path}/messages`
      for (const path of [list, `${list}?limit=1`, `${list}/poll?since_id=1`]) yield* ask(base, { path, headers: key })
      const many = Object.fromEntries(Array.from({ length: 110 }, (_, at) => [`x-${at}`, "1"]))
      const examples: ReadonlyArray<readonly [status: number, asked: Asked]> = [
        [200, { path: `${list}/`, headers: key }],
        [200, { path: `${list}/poll/?since_id=1`, headers: key }],
        [200, { path: list.replace("rooms", "%72ooms"), headers: key }],
        [200, { path: `${list}?limit=%31`, headers: key }],
        [200, { path: list, headers: { ...key, origin: "http://localhost:5173" } }],
        [200, { path: list, headers: { ...key, "content-length": "0" } }],
        [200, { path: list, method: "HEAD", headers: key }],
        [204, { path: list, method: "OPTIONS", headers: key }],
        [200, { path: "/rooms//", headers: key }],
        [200, { path: "/rooms?limit=7", headers: key }],
        [401, { path: "/rooms" }],
        [400, { path: `${list}?limit=0`, headers: key }],
        [400, { path: `${list}?limit=1001`, headers: key }],
        [400, { path: `${list}?limit=1&limit=1`, headers: key }],
        [400, { path: `${list}?limit=1.5`, headers: key }],
        [400, { path: `${list}?limit=`, headers: key }],
        [400, { path: `${list}/poll?since_id=-1`, headers: key }],
        [404, { path: "/rooms/0/messages", headers: key }],
        [400, { path: "/rooms/9007199254740993/messages", headers: key }],
        [400, { path: list.replace(/\d+/, "$&e0"), headers: key }],
        [401, { path: list }],
        [401, { path: list, headers: { "x-api-key": `${key["x-api-key"]}x` } }],
        [401, { path: list, headers: { cookie: `auth_token=${key["x-api-key"]}`, "sec-fetch-site": "cross-site" } }],
        [403, { path: `${hidden}/messages`, headers: key }],
        [403, { path: `${hidden}/chatting-agents`, headers: key }],
        [404, { path: "/rooms/999999/messages", headers: key }],
        [405, { path: `${list}/poll`, method: "POST", headers: key }],
        [421, { path: list, headers: { ...key, host: "evil.example" } }],
        [431, { path: list, headers: { ...key, ...many } }],
        [200, { path: `${list}?after=${first.id}`, headers: key }]
      ]
      for (const [status, example] of examples) {
        const { status: quick } = yield* ask(fast, example)
        const whole = yield* ask(base, example)
        deepStrictEqual([example, quick, whole.status], [example, elsewhere, status])
        assertTrue(String(whole.headers["traceparent"]).startsWith("00-"))
      }
    })
  )

  it.scoped("forgets at once: a new message, a logout, a room that is gone", () =>
    Effect.gen(function* () {
      const { admin, base, fast, guest, inRoom, key, path, say } = yield* setup
      const list = { path: `${path}/messages`, headers: key }
      const statuses = Effect.all([ask(fast, list), ask(base, list), ask(fast, list)]).pipe(
        Effect.map((answers) => answers.map(({ status }) => status))
      )
      yield* statuses

      yield* say
      deepStrictEqual(yield* statuses, [elsewhere, 200, 200])
      yield* guest.ask(({ auth }) => auth.logout())
      deepStrictEqual(yield* statuses, [elsewhere, 401, elsewhere])

      const own = { ...list, headers: { "x-api-key": admin.token } }
      assertEquals((yield* ask(fast, own)).status, 200)
      yield* admin.ask(({ rooms }) => rooms.remove({ path: inRoom }))
      assertEquals((yield* ask(fast, own)).status, elsewhere)
    })
  )
})
