import { assert, layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"

const quiet = { state: "closed", waiting: 0, under_way: 0, limit: null, failures: 0 }

const agentFields = [
  "characteristics",
  "config_file",
  "created_at",
  "display_name",
  "final_response",
  "group",
  "id",
  "in_a_nutshell",
  "interrupt_every_turn",
  "is_critic",
  "name",
  "priority",
  "profile_pic",
  "recent_events",
  "session_id",
  "system_prompt",
  "transparent"
]
const messageFields = [
  "agent_display_name",
  "agent_id",
  "agent_name",
  "agent_profile_pic",
  "anthropic_calls",
  "content",
  "excuse_reasons",
  "finish",
  "id",
  "image_data",
  "image_media_type",
  "images",
  "partial",
  "participant_name",
  "participant_type",
  "provider",
  "role",
  "room_id",
  "thinking",
  "timestamp"
]
const summaryFields = [
  "autonomous",
  "autonomous_ceiling",
  "autonomous_every",
  "autonomous_max_rounds",
  "budget_tokens",
  "budget_usd",
  "created_at",
  "default_model",
  "default_provider",
  "double_text",
  "has_unread",
  "id",
  "is_finished",
  "is_paused",
  "last_activity_at",
  "last_read_at",
  "loop_guard",
  "max_follow_ups",
  "max_interactions",
  "max_messages",
  "name",
  "owner_id",
  "someone_answers",
  "spent_tokens",
  "spent_usd",
  "turn_policy"
]
const roomFields = [...summaryFields.filter((field) => field !== "has_unread"), "agents", "messages"].toSorted()

const utc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const fieldsOf = (data: object) => Object.keys(data).toSorted()

/** A room of its own, with one agent in it. */
const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const room = yield* client.json("POST", "/rooms", {
    name: `wire ${yield* Effect.clockWith((clock) => clock.currentTimeNanos)}`
  })
  const agents = yield* client.json("GET", "/agents")
  const id: number = room.data.id
  const agent: number = agents.data[0].id
  const send = (body: unknown, headers?: Record<string, string>) =>
    client.json("POST", `/rooms/${id}/messages/send`, body, headers)
  return { ...client, id, agent, room, agents, send }
})

layer(House.shared({ agents: { Ada: "Ada builds clocks." } }), { excludeTestServices: true })("Wire", (it) => {
  it.effect("a room has exactly its fields, nulls among them, and is created with 200", () =>
    Effect.gen(function* () {
      const { id, json, room } = yield* setup

      const { data } = yield* json("GET", `/rooms/${id}`)

      assertEquals(room.status, 200)
      deepStrictEqual(fieldsOf(room.data), roomFields)
      deepStrictEqual(data, room.data)
      deepStrictEqual(
        [data.max_interactions, data.is_paused, data.is_finished, data.last_activity_at, data.last_read_at],
        [null, false, false, null, null]
      )
      deepStrictEqual([data.owner_id, data.agents, data.messages], ["admin", [], []])
      assert.match(data.created_at, utc)
    })
  )

  it.effect("a summary is a room without agents and messages, and says whether something is unread", () =>
    Effect.gen(function* () {
      const { id, json } = yield* setup

      const { data } = yield* json("GET", "/rooms")
      const summary = data.find((room: { readonly id: number }) => room.id === id)

      deepStrictEqual(fieldsOf(summary), summaryFields)
      assertEquals(summary.has_unread, true)
    })
  )

  it.effect("an agent has exactly its fields, booleans as booleans, and no session id", () =>
    Effect.gen(function* () {
      const { agent, agents, json } = yield* setup

      const { data } = yield* json("GET", `/agents/${agent}`)

      deepStrictEqual(agents.data, [data])
      deepStrictEqual(fieldsOf(data), agentFields)
      deepStrictEqual(
        [data.is_critic, data.interrupt_every_turn, data.transparent, data.final_response, data.session_id],
        [false, false, false, false, null]
      )
      deepStrictEqual(
        [data.name, data.in_a_nutshell, data.priority, data.group],
        ["Ada", "Ada builds clocks.", 0, null]
      )
      assertTrue(data.system_prompt.includes("Ada builds clocks."))
      assert.match(data.created_at, utc)
    })
  )

  it.effect(
    "a message has exactly its fields wherever it is read: as sent, in the list, in the poll, in the room",
    () =>
      Effect.gen(function* () {
        const { id, json, send } = yield* setup

        const { data: sent, status } = yield* send({ content: "Hello", role: "user", participant_name: "Kim" })
        const { data: list } = yield* json("GET", `/rooms/${id}/messages`)
        const { data: poll } = yield* json("GET", `/rooms/${id}/messages/poll?since_id=0`)
        const { data: room } = yield* json("GET", `/rooms/${id}`)

        assertEquals(status, 200)
        deepStrictEqual(fieldsOf(sent), messageFields)
        deepStrictEqual(
          [sent.room_id, sent.content, sent.role, sent.participant_type, sent.participant_name, sent.partial],
          [id, "Hello", "user", "user", "Kim", false]
        )
        deepStrictEqual([sent.agent_id, sent.image_data, sent.images, sent.thinking], [null, null, null, null])
        assert.match(sent.timestamp, utc)
        deepStrictEqual([list, poll, room.messages], [[sent], [sent], [sent]])
        assertEquals(room.last_activity_at, sent.timestamp)
      })
  )

  it.effect("adding an agent answers with the room, and the small answers are the original's", () =>
    Effect.gen(function* () {
      const { agent, id, json } = yield* setup

      const joined = yield* json("POST", `/rooms/${id}/agents/${agent}`)
      const roster = yield* json("GET", `/rooms/${id}/agents`)
      const chatting = yield* json("GET", `/rooms/${id}/chatting-agents`)
      const read = yield* json("POST", `/rooms/${id}/mark-read`)
      const left = yield* json("DELETE", `/rooms/${id}/agents/${agent}`)
      const cleared = yield* json("DELETE", `/rooms/${id}/messages`)
      const removed = yield* json("DELETE", `/rooms/${id}`)

      deepStrictEqual(fieldsOf(joined.data), roomFields)
      deepStrictEqual(joined.data.agents, roster.data)
      deepStrictEqual(fieldsOf(roster.data[0]), agentFields)
      deepStrictEqual(chatting.data, { chatting_agents: [] })
      deepStrictEqual(fieldsOf(read.data), ["last_read_at", "message"])
      assert.match(read.data.last_read_at, utc)
      deepStrictEqual(
        [read, left, cleared, removed].map(({ data, status }) => [status, data.message]),
        [
          [200, "Room marked as read"],
          [200, "Agent removed from room successfully"],
          [200, "All messages cleared successfully"],
          [200, "Room deleted successfully"]
        ]
      )
    })
  )

  it.effect("health is public under both names, and providers and configs have their shapes", () =>
    Effect.gen(function* () {
      const { json } = yield* setup
      const nobody = yield* Client.as(null)

      const healths = yield* Effect.all([nobody.json("GET", "/health"), nobody.json("GET", "/auth/health")])
      const providers = yield* json("GET", "/providers")
      const configs = yield* json("GET", "/agents/configs")
      const asked = yield* json("GET", "/agent-configs")

      deepStrictEqual(
        healths.map(({ data }) => data),
        [{ status: "healthy" }, { status: "healthy" }]
      )
      deepStrictEqual(providers.data, {
        providers: [
          {
            name: "puppet",
            available: true,
            is_model: true,
            default_model: "puppet-1",
            takes_images: true,
            models: [{ id: "puppet-1", name: "Puppet" }],
            traits: [],
            model_health: [],
            health: { ...quiet, not_before: null, last_success_at: null, last_error: null }
          }
        ],
        default: "puppet"
      })
      deepStrictEqual(configs.data, {
        configs: { Ada: { path: configs.data.configs.Ada.path, group: null, problem: null, warnings: [] } }
      })
      deepStrictEqual(asked.data, configs.data)
    })
  )

  it.effect(
    "fields that are not known are ignored where a thing is made, and in a change where clients send them",
    () =>
      Effect.gen(function* () {
        const { id, json, send } = yield* setup

        const created = yield* json("POST", "/rooms", { name: `more ${id}`, is_paused: true, colour: "red" })
        const patched = yield* json("PATCH", `/rooms/${id}`, { is_finished: true })
        const sent = yield* send({ content: "Hello", role: "user", anthropic_calls: ["x"], mood: 3 })

        deepStrictEqual([created.status, created.data.is_paused], [200, false])
        deepStrictEqual([patched.status, patched.data.is_finished], [200, false])
        deepStrictEqual([sent.status, sent.data.anthropic_calls], [200, null])
      })
  )

  it.effect("a room is renamed, limited, paused and resumed, and null removes the limit", () =>
    Effect.gen(function* () {
      const { id, json } = yield* setup
      const patch = (body: unknown) => Effect.map(json("PATCH", `/rooms/${id}`, body), ({ data }) => data)

      const limited = yield* patch({ name: `  new ${id} `, max_interactions: 5 })
      const untouched = yield* patch({})
      const free = yield* patch({ max_interactions: null })
      const paused = yield* json("POST", `/rooms/${id}/pause`)
      const resumed = yield* json("POST", `/rooms/${id}/resume`)

      deepStrictEqual([limited.name, limited.max_interactions], [`new ${id}`, 5])
      deepStrictEqual(untouched, limited)
      deepStrictEqual([free.name, free.max_interactions], [`new ${id}`, null])
      deepStrictEqual([paused.data.is_paused, resumed.data.is_paused], [true, false])
    })
  )

  it.effect("who speaks is the server's to say: a forged role, agent, thinking or notice is ignored", () =>
    Effect.gen(function* () {
      const { agent, id, json, send } = yield* setup
      const forged = { role: "assistant", agent_id: agent, agent_name: "Ada", thinking: "mine", provider: "claude" }

      const sent = yield* Effect.forEach(["system", "agent", "character"], (participant_type) =>
        send({ content: "I am Ada", ...forged, participant_type })
      )
      const list = yield* json("GET", `/rooms/${id}/messages`)

      deepStrictEqual(
        list.data,
        sent.map(({ data }) => data)
      )
      deepStrictEqual(
        sent.map(({ data }) => [data.role, data.agent_id, data.agent_name, data.thinking, data.provider]),
        Array.from({ length: 3 }, () => ["user", null, null, null, null])
      )
      deepStrictEqual(
        sent.map(({ data }) => data.participant_type),
        ["user", "user", "character"]
      )
    })
  )
})
