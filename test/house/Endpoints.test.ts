import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { assertFalse, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { stringify } from "../../src/lib/json.ts"
import * as ChatApi from "../support/ChatApi.ts"
import * as Client from "../support/Client.ts"
import { room } from "../support/Duo.ts"
import * as House from "../support/House.ts"
import * as Watch from "../support/Watch.ts"

const folk = { Ada: "Ada builds clocks.", Bo: "Bo keeps bees.", Cy: "Cy cooks.\n\n## Script\nsay By a script." }
const seats = { Ada: "toolless", Bo: "busy", Cy: "scripted" }

const noTools = ChatApi.refuseSaying(400, {
  error: { message: "registry/tiny:1b does not support tools", type: "api_error", param: null, code: null }
})

/** Seats each agent with a provider of its own, and says something to them. */
const talk = Effect.gen(function* () {
  const { ask } = yield* Client.make
  const sql = yield* SqlClient.SqlClient
  const all = yield* ask(({ agents }) => agents.list())
  const room = yield* ask(({ rooms }) => rooms.create({ payload: { name: "Three vendors", max_interactions: 3 } }))
  const path = { room_id: room.id }
  for (const { id, name } of all) {
    const seat = { ...path, agent_id: id }
    const provider = Object.entries(seats).find(([agent]) => agent === name)?.[1] ?? ""
    yield* ask(({ rooms }) => rooms.join({ path: seat }))
    yield* ask(({ rooms }) => rooms.choose({ path: seat, payload: { provider } }))
  }
  const watch = yield* Watch.room(room.id)

  yield* ask(({ messages }) => messages.send({ path, payload: { content: "Hello" } }))
  yield* watch.ended

  const messages = yield* ask((parley) => parley.messages.list({ path }))
  const turns = yield* sql`SELECT provider, model, outcome FROM turns WHERE room_id = ${room.id}`
  const listed = yield* ask(({ system }) => system.providers())
  return { messages, turns, listed, room }
})

/** A long conversation with the one agent of the house. */
const talkLong = Effect.gen(function* () {
  const { say, watch } = yield* room({ name: "Long" })
  for (let number = 1; number <= 8; number++) {
    yield* say(`Number ${number}: ${"x".repeat(2000)}`)
    yield* watch.ended
  }
})

describe("Endpoints of the settings", () => {
  it.scopedLive("tell the window of a server whose list tells none: what it would not read is left out at once", () =>
    Effect.gen(function* () {
      const api = yield* ChatApi.make(ChatApi.answer(ChatApi.text("I see.")))
      const own = yield* House.folders({ Ada: "Ada builds clocks." })
      const house = House.layerWhole({
        ...own,
        OPENAI_ENDPOINTS: stringify([{ name: "small", url: `${api.url}/v1`, context_tokens: 4096 }])
      })

      yield* Effect.provide(talkLong, house)

      const sizes = api.calls.map(({ body }) => body.length)
      assertTrue(Math.max(...sizes) < 3 * 4096, `${sizes}`)
      const last = api.calls.at(-1)
      assertTrue(last?.heard.told.includes("earlier messages are left out here") === true)
      assertTrue(last?.heard.told.includes("Number 8") === true)
      assertTrue(last?.body.includes('"max_tokens":1024') === true)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("speak beside each other in one room, each with its own key, model, traits and health", () =>
    Effect.gen(function* () {
      const toolless = yield* ChatApi.make(ChatApi.answer(ChatApi.text("By the first.")))
      const busy = yield* ChatApi.make(ChatApi.answer(ChatApi.text("By the second.")))
      yield* toolless.reply(noTools)
      yield* busy.reply(ChatApi.refuse(429, { "retry-after": "0" }))
      const own = yield* House.folders(folk)
      const house = House.layerWhole({
        ...own,
        SCRIPTED_PACE_MS: "0",
        DEFAULT_PROVIDER: "busy",
        OPENAI_ENDPOINTS: stringify([
          { name: "toolless", url: `${toolless.url}/v1`, key: "key-of-the-first", model: "tiny:1b" },
          { name: "busy", url: `${busy.url}/v1`, key: "key-of-the-second" }
        ])
      })

      const { listed, messages, room, turns } = yield* Effect.provide(talk, house)

      deepStrictEqual(room.default_provider, "busy")
      const said = messages.filter(({ agent_id }) => agent_id !== null)
      deepStrictEqual(said.map(({ content }) => content).toSorted(), [
        "By a script.",
        "By the first.",
        "By the second."
      ])
      deepStrictEqual(turns.map((turn) => Object.values(turn).join(" ")).toSorted(), [
        "busy default replied",
        "scripted scripted-1 replied",
        "toolless tiny:1b replied"
      ])
      deepStrictEqual(
        toolless.calls.map(({ heard }) => heard.tools.length > 0),
        [true, false]
      )
      assertTrue(busy.calls.length === 2 && busy.calls.every(({ heard }) => heard.tools.length > 0))
      for (const [api, key] of [
        [toolless, "key-of-the-first"],
        [busy, "key-of-the-second"]
      ] as const) {
        assertTrue(api.calls.every(({ headers }) => headers.authorization === `Bearer ${key}`))
      }
      deepStrictEqual(
        listed.providers.map(({ health, name, traits }) => [
          name,
          traits.map(({ model, without }) => [model, without]),
          health.last_error?._tag ?? null
        ]),
        [
          ["busy", [], "RateLimited"],
          ["toolless", [["tiny:1b", ["tools"]]], null],
          ["scripted", [], null]
        ]
      )
      assertFalse(stringify(listed).includes("key-of-the"))
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
