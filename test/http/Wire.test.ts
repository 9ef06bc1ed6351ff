import { assert, layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { at } from "../support/at.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"

const quiet = { state: "closed" as const, waiting: 0, under_way: 0, limit: null, failures: 0 }

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
  const { ask } = client
  const payload = { name: `wire ${yield* Effect.clockWith((clock) => clock.currentTimeNanos)}` }
  const room = yield* ask(({ rooms }) => rooms.create({ payload }))
  const { id } = room
  const path = { room_id: id }
  const all = yield* ask(({ agents }) => agents.list())
  const agent = all[0]?.id ?? 0
  const read = ask(({ rooms }) => rooms.get({ path }))
  const list = ask(({ messages }) => messages.list({ path }))
  const send = (content: string, more: object = {}) =>
    ask(({ messages }) => messages.send({ path, payload: { content, ...more } }))
  return { ...client, id, path, agent, room, agents: all, read, list, send }
})

// The client gives JSON as it came: what it gives is what was on the wire. Statuses are asked for in plain HTTP.

layer(House.shared({ agents: { Ada: "Ada builds clocks." } }), { excludeTestServices: true })("Wire", (it) => {
  it.effect("a room has exactly its fields, nulls among them, and is created with 200", () =>
    Effect.gen(function* () {
      const { id, json, read, room } = yield* setup

      const data = yield* read

      assertEquals((yield* json("POST", "/rooms", { name: `another than ${id}` })).status, 200)
      deepStrictEqual(fieldsOf(room), roomFields)
      deepStrictEqual(data, room)
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
      const { ask, id } = yield* setup

      const summary = (yield* ask(({ rooms }) => rooms.list())).find((room) => room.id === id)

      deepStrictEqual(fieldsOf(summary ?? {}), summaryFields)
      assertEquals(summary?.has_unread, true)
    })
  )

  it.effect("an agent has exactly its fields, booleans as booleans, and no session id", () =>
    Effect.gen(function* () {
      const { agent, agents: all, ask } = yield* setup

      const data = yield* ask(({ agents }) => agents.get({ path: { agent_id: agent } }))

      deepStrictEqual(all, [data])
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
        const { ask, id, list, path, read, send } = yield* setup

        const sent = yield* send("Hello", { role: "user", participant_name: "Kim" })
        const listed = yield* list
        const polled = yield* ask(({ messages }) => messages.poll({ path, urlParams: { since_id: 0 } }))
        const room = yield* read

        deepStrictEqual(fieldsOf(sent), messageFields)
        deepStrictEqual(
          [sent.room_id, sent.content, sent.role, sent.participant_type, sent.participant_name, sent.partial],
          [id, "Hello", "user", "user", "Kim", false]
        )
        deepStrictEqual([sent.agent_id, sent.image_data, sent.images, sent.thinking], [null, null, null, null])
        assert.match(sent.timestamp, utc)
        deepStrictEqual([listed, polled, room.messages], [[sent], [sent], [sent]])
        assertEquals(room.last_activity_at, sent.timestamp)
      })
  )

  it.effect("adding an agent answers with the room, and the small answers are the original's", () =>
    Effect.gen(function* () {
      const { agent, ask, id, json, path } = yield* setup

      const joined = yield* ask(({ rooms }) => rooms.join({ path: { ...path, agent_id: agent } }))
      const roster = yield* ask(({ rooms }) => rooms.roster({ path }))
      const chatting = yield* ask(({ messages }) => messages.chatting({ path }))
      const read = yield* json("POST", `/rooms/${id}/mark-read`)
      const left = yield* json("DELETE", `/rooms/${id}/agents/${agent}`)
      const cleared = yield* json("DELETE", `/rooms/${id}/messages`)
      const removed = yield* json("DELETE", `/rooms/${id}`)

      deepStrictEqual(fieldsOf(joined), roomFields)
      deepStrictEqual(joined.agents, roster)
      deepStrictEqual(fieldsOf(roster[0] ?? {}), agentFields)
      deepStrictEqual(chatting, { chatting_agents: [] })
      deepStrictEqual(fieldsOf(Object(read.data)), ["last_read_at", "message"])
      assert.match(String(at(read.data, "last_read_at")), utc)
      deepStrictEqual(
        [read, left, cleared, removed].map(({ data, status }) => [status, at(data, "message")]),
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
      const { ask } = yield* setup
      const nobody = yield* Client.as(null)

      const health = yield* nobody.ask(({ system }) => system.health())
      const older = yield* nobody.ask(({ system }) => system.authHealth())
      const providers = yield* ask(({ system }) => system.providers())
      const { configs } = yield* ask(({ agents }) => agents.configs())
      const asked = yield* ask(({ agents }) => agents.configsShort())

      deepStrictEqual([health, older], [{ status: "healthy" }, { status: "healthy" }])
      deepStrictEqual(providers, {
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
      const path = configs["Ada"]?.path ?? ""
      deepStrictEqual(configs, { Ada: { path, group: null, problem: null, warnings: [] } })
      deepStrictEqual(asked, { configs })
    })
  )

  it.effect(
    "fields that are not known are ignored where a thing is made, and in a change where clients send them",
    () =>
      Effect.gen(function* () {
        const { id, json } = yield* setup

        const created = yield* json("POST", "/rooms", { name: `more ${id}`, is_paused: true, colour: "red" })
        const patched = yield* json("PATCH", `/rooms/${id}`, { is_finished: true })
        const more = { role: "user", anthropic_calls: ["x"], mood: 3 }
        const sent = yield* json("POST", `/rooms/${id}/messages/send`, { content: "Hello", ...more })

        deepStrictEqual([created.status, at(created.data, "is_paused")], [200, false])
        deepStrictEqual([patched.status, at(patched.data, "is_finished")], [200, false])
        deepStrictEqual([sent.status, at(sent.data, "anthropic_calls")], [200, null])
      })
  )

  it.effect("a room is renamed, limited, paused and resumed, and null removes the limit", () =>
    Effect.gen(function* () {
      const { ask, id, path } = yield* setup
      const patch = (payload: { readonly name?: string; readonly max_interactions?: number | null }) =>
        ask(({ rooms }) => rooms.update({ path, payload }))

      const limited = yield* patch({ name: `  new ${id} `, max_interactions: 5 })
      const untouched = yield* patch({})
      const free = yield* patch({ max_interactions: null })
      const paused = yield* ask(({ rooms }) => rooms.pause({ path }))
      const resumed = yield* ask(({ rooms }) => rooms.resume({ path }))

      deepStrictEqual([limited.name, limited.max_interactions], [`new ${id}`, 5])
      deepStrictEqual(untouched, limited)
      deepStrictEqual([free.name, free.max_interactions], [`new ${id}`, null])
      deepStrictEqual([paused.is_paused, resumed.is_paused], [true, false])
    })
  )

  it.effect("who speaks is the server's to say: a forged role, agent, thinking or notice is ignored", () =>
    Effect.gen(function* () {
      const { agent, list, send } = yield* setup
      const forged = { role: "assistant", agent_id: agent, agent_name: "Ada", thinking: "mine", provider: "claude" }

      const sent = yield* Effect.forEach(["system", "agent", "character"], (participant_type) =>
        send("I am Ada", { ...forged, participant_type })
      )

      deepStrictEqual(yield* list, sent)
      deepStrictEqual(
        sent.map((data) => [data.role, data.agent_id, data.agent_name, data.thinking, data.provider]),
        Array.from({ length: 3 }, () => ["user", null, null, null, null])
      )
      deepStrictEqual(
        sent.map(({ participant_type }) => participant_type),
        ["user", "user", "character"]
      )
    })
  )
})
