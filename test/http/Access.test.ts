import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Client from "../support/Client.ts"
import { emptyDocument } from "../support/documents.ts"
import * as House from "../support/House.ts"
import { type Route, routes } from "../support/routes.ts"
import { badTokens } from "../support/tokens.ts"

const secret = "the secret of this test, long enough for its purpose"
const open: ReadonlySet<string> = new Set([
  "GET /health",
  "GET /ready",
  "GET /auth/health",
  "POST /auth/login",
  "POST /login",
  "POST /auth/link",
  "GET /agents/:name/profile-pic",
  "GET /voice/status"
])
const forAdmins: ReadonlySet<string> = new Set([
  "DELETE /rooms/:room_id",
  "DELETE /rooms/:room_id/agents/:agent_id",
  "DELETE /rooms/:room_id/messages",
  "GET /admin/status",
  "GET /admin/scheduler",
  "GET /metrics",
  "GET /admin/pool",
  "POST /admin/pool/evict",
  "POST /admin/reload",
  "POST /providers/:name/try",
  "POST /agents",
  "PATCH /agents/:agent_id",
  "POST /agents/:agent_id/reload",
  "DELETE /agents/:agent_id",
  "GET /auth/health/pool",
  "GET /debug/cache/stats",
  "POST /debug/cache/cleanup",
  "POST /debug/cache/clear",
  "GET /exports/conversations",
  "GET /exports/conversations/:project/:id"
])
/** Routes of which there is nothing in this house. */
const vacant: ReadonlySet<string> = new Set(["GET /exports/conversations/:project/:id"])

const locked = routes.filter(({ name }) => !open.has(name))
// A room that is answering cannot be asked to go on: that route is called while it is quiet.
const ofRooms = locked
  .filter(({ path }) => path.includes(":room_id"))
  .toSorted((one, other) => Number(other.path.endsWith("/continue")) - Number(one.path.endsWith("/continue")))

let rooms = 0
let newcomers = 0

const bodies: Readonly<Record<string, () => unknown>> = {
  "POST /agents": () => ({ name: `Newcomer ${++newcomers}`, in_a_nutshell: "Is new." }),
  "POST /rooms": () => ({ name: "another" }),
  "POST /rooms/import": () => emptyDocument,
  "POST /rooms/:room_id/messages/send": () => ({ content: "Hello" }),
  "POST /admin/pool/evict": () => ({})
}

const body = (route: Route) => bodies[route.name]?.() ?? (route.method === "PATCH" ? {} : undefined)

const roomOf = ({ ask }: Pick<Effect.Effect.Success<typeof Client.make>, "ask">, name: string) =>
  Effect.map(
    ask((parley) => parley.rooms.create({ payload: { name } })),
    ({ id }) => id
  )

const setup = Effect.gen(function* () {
  const admin = yield* Client.make
  const [first] = yield* admin.ask(({ agents }) => agents.list())
  const agent = first?.id ?? 0
  const roomId = yield* roomOf(admin, `the admin's ${++rooms}`)
  yield* admin.ask((parley) => parley.rooms.join({ path: { room_id: roomId, agent_id: agent } }))
  const sql = yield* SqlClient.SqlClient
  const roundOf = (id: number) =>
    Effect.map(
      sql<{ readonly id: number }>`
        INSERT INTO rounds (room_id, "trigger", policy, seed, tape, started_at, ended_at, stop_reason)
        VALUES (${id}, '{"kind":"continue","cause":null}', 'priority', 1, '[]',
          '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z', 'no_agents') RETURNING id`,
      (rows) => rows[0]?.id
    )
  const imageOf = Effect.fnUntraced(function* (id: number) {
    const [message] = yield* sql<{ readonly id: number }>`
      INSERT INTO messages (room_id, role, content, timestamp)
      VALUES (${id}, 'user', '', '2026-01-01T00:00:00.000Z') RETURNING id`
    yield* sql`INSERT INTO attachments (message_id, position, media_type, key, sha256, size, bytes)
      VALUES (${message?.id ?? 0}, 0, 'image/png', 'key', 'hash', 1, x'00')`
    return message?.id
  })
  const shown = yield* imageOf(roomId)
  const doomed = Effect.map(
    Effect.suspend(() =>
      admin.ask(({ agents }) =>
        agents.create({ payload: { name: `Doomed ${++newcomers}`, in_a_nutshell: "Will go." } })
      )
    ),
    ({ id }) => id
  )
  /** Where the route meets something that is there. */
  const placeOf = Effect.fnUntraced(function* (route: Route, id = roomId) {
    const round = route.path.includes(":round_id") ? yield* roundOf(id) : 0
    const message = !route.path.includes(":message_id") ? 0 : id === roomId ? shown : yield* imageOf(id)
    const whom = route.name === "DELETE /agents/:agent_id" ? yield* doomed : agent
    const path = route.path
      .replace(":room_id", `${id}`)
      .replace(":agent_id", `${whom}`)
      .replace(":round_id", `${round}`)
      .replace(":message_id", `${message}`)
      .replace(":position", "0")
      .replace("/providers/:name", "/providers/puppet")
      .replace(":name", "Ada")
      .replace(":project", "project")
      .replace(":id", "none")
    return path.endsWith("/search") ? `${path}?q=clock` : path
  })
  type Speaker = Effect.Effect.Success<ReturnType<typeof Client.as>>
  const ask = (client: Speaker, route: Route, place: string) =>
    Effect.scoped(Effect.map(client.send(route.method, place, body(route)), ({ status }) => status))
  const call = (client: Speaker, route: Route, id = roomId) =>
    Effect.flatMap(placeOf(route, id), (place) => ask(client, route, place))
  return { admin, agent, ask, call, placeOf, roomId }
})

const house = House.shared({ agents: { Ada: "Ada builds clocks." }, settings: { JWT_SECRET: secret } })

// In plain HTTP, for every route is called as the contract names it.

layer(house, { excludeTestServices: true })("Access", (it) => {
  it.effect("without a token that holds, every route but the open ones answers 401, whatever is sent along", () =>
    Effect.gen(function* () {
      const { ask, placeOf } = yield* setup
      const tokens = yield* badTokens(secret)
      const places = yield* Effect.forEach(locked, (route) => Effect.map(placeOf(route), (place) => ({ place, route })))

      const answers = yield* Effect.forEach(Object.entries(tokens), ([name, token]) =>
        Effect.flatMap(Client.as(token), (client) =>
          Effect.forEach(places, ({ place, route }) =>
            Effect.map(ask(client, route, place), (status) => `${status} ${route.name} with ${name}`)
          )
        )
      )

      deepStrictEqual(
        answers.flat().filter((answer) => !answer.startsWith("401 ")),
        []
      )
      assertEquals(answers.flat().length, 13 * locked.length)
    })
  )

  it.effect("a request that does not fit is told nothing about it before it has shown a token", () =>
    Effect.gen(function* () {
      const nobody = yield* Client.as(null)

      const answers = yield* Effect.all([
        nobody.json("GET", "/rooms/abc"),
        nobody.json("POST", "/rooms", { name: 3 }),
        nobody.json("GET", "/rooms/1/messages?limit=0")
      ])

      deepStrictEqual(
        answers.map(({ status }) => status),
        [401, 401, 401]
      )
    })
  )

  it.effect("the open routes need no token", () =>
    Effect.gen(function* () {
      const nobody = yield* Client.as(null)

      const answers = yield* Effect.all([
        nobody.json("GET", "/health"),
        nobody.json("GET", "/ready"),
        nobody.json("GET", "/auth/health"),
        nobody.json("POST", "/auth/login", { password: "admin" }),
        nobody.json("POST", "/login", { password: "admin" }),
        nobody.json("POST", "/auth/link", { token: "x" }),
        nobody.json("GET", "/agents/Ada/profile-pic"),
        nobody.json("GET", "/voice/status")
      ])

      deepStrictEqual(
        answers.map(({ status, tag }) => [status, tag]),
        [
          [200, null],
          [200, null],
          [200, null],
          [200, null],
          [200, null],
          [401, "LinkSpent"],
          [404, "PictureNotFound"],
          [200, null]
        ]
      )
    })
  )

  it.effect("a guest is refused at every route of another's room, and changes nothing there", () =>
    Effect.gen(function* () {
      const { admin, call, roomId } = yield* setup
      const guest = yield* Client.guest
      const read = admin.ask(({ rooms }) => rooms.get({ path: { room_id: roomId } }))
      const before = yield* read

      const answers = yield* Effect.forEach(ofRooms, (route) =>
        Effect.map(call(guest, route), (status) => `${status} ${route.name}`)
      )

      deepStrictEqual(
        answers.filter((answer) => !answer.startsWith("403 ")),
        []
      )
      deepStrictEqual(yield* read, before)
      deepStrictEqual(yield* guest.ask(({ rooms }) => rooms.list()), [])
    })
  )

  it.effect("a guest may do in its own room all but what is the admin's", () =>
    Effect.gen(function* () {
      const { call } = yield* setup
      const guest = yield* Client.guest
      const own = yield* roomOf(guest, "the guest's")

      const answers = yield* Effect.forEach(ofRooms, (route) =>
        Effect.map(call(guest, route, own), (status) => [route.name, status] as const)
      )

      deepStrictEqual(
        answers,
        ofRooms.map(({ name }) => [name, forAdmins.has(name) ? 403 : 200] as const)
      )
      const left = yield* guest.ask(({ rooms }) => rooms.list())
      deepStrictEqual(
        left.map(({ owner_id }) => owner_id),
        [guest.user.user_id]
      )
    })
  )

  it.effect("a guest is refused at every route that is the admin's", () =>
    Effect.gen(function* () {
      const { call } = yield* setup
      const guest = yield* Client.guest
      const own = yield* roomOf(guest, "a guest's too")

      const answers = yield* Effect.forEach(
        routes.filter(({ name }) => forAdmins.has(name)),
        (route) => Effect.map(call(guest, route, own), (status) => [route.name, status] as const)
      )

      deepStrictEqual(answers.toSorted(), Array.from(forAdmins, (name) => [name, 403] as const).toSorted())
    })
  )

  it.effect("the admin may do everything, in a guest's room too", () =>
    Effect.gen(function* () {
      const { admin, call } = yield* setup
      const guest = yield* Client.guest
      const own = yield* roomOf(guest, "also the guest's")
      const last = (route: Route) =>
        (route.method === "DELETE" ? 1 : 0) +
        (route.path.includes("logout") ? 9 : 0) +
        (route.name === "DELETE /rooms/:room_id" ? 1 : 0) -
        (route.path.endsWith("/continue") ? 1 : 0)
      const inOrder = locked.toSorted((one, other) => last(one) - last(other))

      const answers = yield* Effect.forEach(inOrder, (route) =>
        // A logout ends the token that it is called with.
        Effect.flatMap(route.path.includes("logout") ? Client.make : Effect.succeed(admin), (client) =>
          Effect.map(call(client, route, own), (status) => `${status} ${route.name}`)
        )
      )

      deepStrictEqual(
        answers,
        inOrder.map(({ name }) => `${vacant.has(name) ? 404 : 200} ${name}`)
      )
    })
  )
})
