import { HttpClient, HttpClientRequest } from "@effect/platform"
import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schema } from "effect"
import { nameRule } from "../../src/domain/Persona.ts"
import { at } from "../support/at.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"

const decode = Schema.decodeSync(Schema.parseJson(Schema.Unknown))
const Places = Schema.Array(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
const fieldsOf = (data: object) => Object.keys(data).toSorted()

/** A room of its own, with one agent in it. */
const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const name = `wire ${yield* Effect.clockWith((clock) => clock.currentTimeNanos)}`
  const { id } = yield* client.ask(({ rooms }) => rooms.create({ payload: { name } }))
  const [agent] = yield* client.ask(({ agents }) => agents.list())
  const send = (body: unknown) => client.json("POST", `/rooms/${id}/messages/send`, body)
  const messages = client.ask((parley) => parley.messages.list({ path: { room_id: id } }))
  return { ...client, id, name, agent: agent?.id, send, messages, bare: yield* HttpClient.HttpClient }
})

// In plain HTTP, for it is about statuses and bodies.

layer(House.shared({ agents: { Ada: "Ada builds clocks." } }), { excludeTestServices: true })("Failure", (it) => {
  it.effect("say in words and by tag what is wrong, with the original's status and texts", () =>
    Effect.gen(function* () {
      const { agent, id, json, name } = yield* setup
      const guest = yield* Client.guest
      const nobody = yield* Client.as(null)
      const answers = yield* Effect.all([
        nobody.json("GET", "/rooms"),
        nobody.json("POST", "/auth/login", { password: "wrong" }),
        guest.json("GET", `/rooms/${id}`),
        guest.json("DELETE", `/rooms/${id}`),
        json("GET", "/rooms/999999"),
        json("POST", `/rooms/${id}/agents/999999`),
        json("DELETE", `/rooms/${id}/agents/${agent}`),
        json("GET", "/agents/999999"),
        json("GET", "/agents/Nobody/profile-pic"),
        json("GET", "/agents/..%2Fx/profile-pic"),
        json("POST", "/rooms", { name }),
        json("POST", "/rooms", { name: "other", provider: "abacus" })
      ])

      deepStrictEqual(
        answers.map(({ data, status, tag }) => [status, tag, at(data, "detail")]),
        [
          [401, "Unauthenticated", "Invalid or missing authentication token"],
          [401, "WrongPassword", "Invalid password"],
          [403, "RoomForbidden", "You do not have access to this room"],
          [
            403,
            "AdminRequired",
            "This action requires admin privileges. Guests can chat but cannot modify rooms, agents, or messages."
          ],
          [404, "RoomNotFound", "Room with id 999999 not found"],
          [404, "RoomOrAgentNotFound", "Room or Agent not found"],
          [404, "RoomOrAgentNotFound", "Room or Agent not found"],
          [404, "AgentNotFound", "Agent not found"],
          [404, "PictureNotFound", "Profile picture not found"],
          [400, "AgentNameInvalid", `Invalid agent name: a name has ${nameRule}`],
          [409, "RoomExists", `Room with name '${name}' already exists`],
          [400, "ProviderUnknown", "No provider 'abacus'; there are: puppet"]
        ]
      )
      for (const { data, headers } of answers) assertEquals(headers["traceparent"]?.split("-")[1], at(data, "trace_id"))
    })
  )

  it.effect("a body that does not fit is 422 and lists each place, as pydantic does", () =>
    Effect.gen(function* () {
      const { id, json, send } = yield* setup
      const answers = yield* Effect.all([
        json("POST", "/rooms", { max_interactions: 1 }),
        json("POST", "/rooms", { name: "   " }),
        json("PATCH", `/rooms/${id}`, { is_paused: "no" }),
        send({ content: "" }),
        send({ content: "x".repeat(100_001) }),
        send({ content: "x", participant_type: "god" }),
        send([]),
        send({ content: "x", mentioned_agent_ids: ["x"] })
      ])

      for (const { data, headers, status, tag } of answers) {
        const trace = headers["traceparent"]?.split("-")[1]
        deepStrictEqual([status, tag, at(data, "trace_id")], [422, "Invalid", trace])
        const places = yield* Schema.decodeUnknown(Places)(at(data, "detail"))
        for (const place of places) deepStrictEqual(fieldsOf(place), ["loc", "msg", "type"])
      }
      deepStrictEqual(
        answers.map(({ data }) => [0, 1].flatMap((part) => at(data, "detail", 0, "loc", part) ?? [])),
        [
          ["body", "name"],
          ["body", "name"],
          ["body", "is_paused"],
          ["body", "content"],
          ["body", "content"],
          ["body", "participant_type"],
          ["body"],
          ["body", "mentioned_agent_ids"]
        ]
      )
    })
  )

  it.effect("a path or query that does not fit a route without a body is 400 and says where", () =>
    Effect.gen(function* () {
      const { id, json } = yield* setup
      const answers = yield* Effect.all([
        json("GET", "/rooms/abc"),
        json("POST", "/rooms/1.5/pause"),
        json("DELETE", "/rooms/1e999"),
        json("GET", "/agents/x"),
        json("GET", `/rooms/${id}/messages?limit=0`),
        json("GET", `/rooms/${id}/messages/poll?since_id=-1`)
      ])

      deepStrictEqual(
        answers.map(({ data, status, tag }) => [status, tag, at(data, "detail", 0, "loc")]),
        [
          [400, "Invalid", ["path", "room_id"]],
          [400, "Invalid", ["path", "room_id"]],
          [400, "Invalid", ["path", "room_id"]],
          [400, "Invalid", ["path", "agent_id"]],
          [400, "Invalid", ["query", "limit"]],
          [400, "Invalid", ["query", "since_id"]]
        ]
      )
    })
  )

  it.effect("a body that is no JSON, of another kind, or missing is refused, and nothing is stored", () =>
    Effect.gen(function* () {
      const { bare, base, id, json, messages, token } = yield* setup
      const post = (body: string, type: string) =>
        HttpClientRequest.post(`${base}/rooms/${id}/messages/send`).pipe(
          HttpClientRequest.setHeader("x-api-key", token),
          HttpClientRequest.bodyText(body, type),
          bare.execute,
          Effect.flatMap((response) =>
            Effect.map(response.text, (text) => ({ status: response.status, data: decode(text) }))
          ),
          Effect.scoped
        )

      const broken = yield* post(`{"content": "x`, "application/json")
      const none = yield* json("POST", `/rooms/${id}/messages/send`)
      const others = yield* Effect.forEach(
        ["application/x-www-form-urlencoded", "text/xml", "multipart/form-data; boundary=x", "image/png"],
        (type) => post("content=x", type)
      )

      deepStrictEqual([broken.status, at(broken.data, "detail", 0, "loc")], [422, ["body"]])
      deepStrictEqual([none.status, at(none.data, "detail", 0, "loc")], [422, ["body"]])
      for (const { data, status } of others) deepStrictEqual([status, at(data, "_tag")], [415, "BodyNotJson"])
      deepStrictEqual(yield* messages, [])
    })
  )

  it.effect("a path that is a route's own is no other's, whatever the method", () =>
    Effect.gen(function* () {
      const { json } = yield* setup

      const answers = [
        yield* json("PATCH", "/agents/configs", { priority: 1 }),
        yield* json("DELETE", "/rooms/import"),
        yield* json("GET", "/rooms/import")
      ]

      deepStrictEqual(
        answers.map(({ headers, status, tag }) => [status, tag, headers["allow"]]),
        [
          [405, "MethodNotAllowed", "GET"],
          [405, "MethodNotAllowed", "POST"],
          [405, "MethodNotAllowed", "POST"]
        ]
      )
    })
  )

  it.effect("a part of a path is judged by what it is, however long it is written", () =>
    Effect.gen(function* () {
      const { json } = yield* setup

      const answers = [
        yield* json("GET", `/agents/${encodeURIComponent("화".repeat(50))}/profile-pic`),
        yield* json("GET", `/rooms/${"1".repeat(1000)}`)
      ]

      deepStrictEqual(
        answers.map(({ status, tag }) => [status, tag]),
        [
          [404, "PictureNotFound"],
          [400, "Invalid"]
        ]
      )
    })
  )

  it.effect("a route that is not there is 404, and a method that it does not take is 405 and names those it does", () =>
    Effect.gen(function* () {
      const { id, json } = yield* setup

      const lost = yield* json("GET", "/nowhere")
      const wrong = yield* json("DELETE", "/rooms")
      const also = yield* json("PATCH", `/rooms/${id}/messages/send`, {})

      deepStrictEqual([lost.status, at(lost.data, "detail"), lost.tag], [404, "Not Found", "RouteNotFound"])
      deepStrictEqual([wrong.status, wrong.tag, wrong.headers["allow"]], [405, "MethodNotAllowed", "GET, POST"])
      deepStrictEqual([also.status, also.headers["allow"]], [405, "POST"])
      assertEquals(wrong.headers["traceparent"]?.split("-")[1], at(wrong.data, "trace_id"))
    })
  )
})

layer(House.shared({ settings: { MAX_BODY_BYTES: "4096" } }), { excludeTestServices: true })(
  "Failure with a small bound",
  (it) => {
    it.effect("a body larger than the bound is 413 with the bound, stores nothing, and the connection goes on", () =>
      Effect.gen(function* () {
        const { messages, send } = yield* setup

        const refused = yield* send({ content: "x".repeat(5000) })
        const taken = yield* send({ content: "x".repeat(4000) })

        deepStrictEqual(
          [refused.status, refused.tag, at(refused.data, "detail")],
          [413, "BodyTooLarge", "The body is larger than 4096 bytes"]
        )
        assertEquals(at(refused.data, "trace_id"), refused.headers["traceparent"]?.split("-")[1])
        assertEquals(taken.status, 200)
        const stored: ReadonlyArray<unknown> = yield* messages
        deepStrictEqual(stored, [taken.data])
      })
    )
  }
)
