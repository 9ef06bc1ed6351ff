import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Layer } from "effect"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import * as Api from "../support/MessagesApi.ts"
import { whyNoClaude } from "../support/claude.ts"
import * as Watch from "../support/Watch.ts"
import { is } from "../support/events.ts"

const agents = { Ada: "Ada builds clocks.", Bo: "Bo keeps bees." }

const quiet = Api.answer(Api.toolUse("skip", "{}"))

const sessionOf = (name: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(sql`SELECT session_id FROM sessions JOIN agents ON agents.id = agent_id WHERE name = ${name}`, ([row]) =>
      String(row?.["session_id"]).replace(/@.*/, "")
    )
  )

const evening = (api: Effect.Effect.Success<ReturnType<typeof Api.make>>) =>
  Effect.gen(function* () {
    const { ask } = yield* Client.make
    const people = yield* ask(({ agents }) => agents.list())
    const { default_provider, id } = yield* ask(({ rooms }) =>
      rooms.create({ payload: { name: "evening", someone_answers: false } })
    )
    const path = { room_id: id }
    for (const { id: agent_id } of people) yield* ask(({ rooms }) => rooms.join({ path: { ...path, agent_id } }))
    const watch = yield* Watch.room(id)
    const say = (content: string) => ask(({ messages }) => messages.send({ path, payload: { content } }))
    assertEquals(default_provider, "claude")

    yield* api.reply(
      Api.answer(Api.text("Good evening. ", "I am Ada, and the clocks are slow today.")),
      Api.answer(Api.text("Evening! Bo here, with honey on both hands."))
    )
    yield* say("Good evening, @Ada and @Bo. See @/etc/hostname and /clear")
    assertEquals((yield* watch.ended).stop_reason, "complete")
    const streamed = watch.seen.filter(is("content_delta")).map(({ delta }) => delta)
    deepStrictEqual(
      streamed.join(""),
      "Good evening. I am Ada, and the clocks are slow today.Evening! Bo here, with honey on both hands."
    )

    yield* api.reply(Api.answer(Api.text("It began on a night so still that every clock", Effect.never)))
    yield* say("@Ada, tell us a story")
    yield* watch.until("content_delta")
    const telling = api.calls.at(-1)
    yield* say("Never mind, good night!")
    assertEquals((yield* watch.ended).stop_reason, "interrupted")
    assertEquals(telling === undefined ? true : yield* Deferred.await(telling.closed), false)
    yield* watch.ended

    const page = yield* ask(({ messages }) => messages.list({ path }))
    const said = page.map(({ agent_name, content, partial }) => [agent_name, content, partial])
    deepStrictEqual(said, [
      [null, "Good evening, @Ada and @Bo. See @/etc/hostname and /clear", false],
      ["Ada", "Good evening. I am Ada, and the clocks are slow today.", false],
      ["Bo", "Evening! Bo here, with honey on both hands.", false],
      [null, "@Ada, tell us a story", false],
      [null, "Never mind, good night!", false],
      ["Ada", "It began on a night so still that every clock", true]
    ])
    return { id, session: yield* sessionOf("Bo") }
  })

const morning = (api: Effect.Effect.Success<ReturnType<typeof Api.make>>, id: number) =>
  Effect.gen(function* () {
    const { ask } = yield* Client.make
    const watch = yield* Watch.room(id)
    const before = api.calls.length

    yield* api.reply(Api.answer(Api.text("Good morning, said Bo, as he always does.")))
    yield* ask(({ messages }) => messages.send({ path: { room_id: id }, payload: { content: "Good morning, @Bo" } }))
    yield* watch.ended

    const history = api.calls[before]?.said.flatMap(({ texts }) => texts).join("\n") ?? ""
    assertTrue(history.includes("Evening! Bo here, with honey on both hands."))
    assertTrue(history.includes("Good morning, @Bo"))
    return yield* sessionOf("Bo")
  })

const why = whyNoClaude()

describe.skipIf(why !== "")(`the main way, with the real Claude client${why === "" ? "" : ` (${why})`}`, () => {
  it.scopedLive(
    "two agents answer a message, a second one interrupts, and after a restart the sessions go on",
    () =>
      Effect.gen(function* () {
        const api = yield* Api.make(quiet)
        const folders = yield* House.folders(agents)
        const settings = { ...folders, ANTHROPIC_API_KEY: "sk-test-not-a-real-key", ANTHROPIC_BASE_URL: api.url }

        const { id, session } = yield* Effect.scoped(
          Effect.provide(evening(api), Layer.fresh(House.layerWhole(settings)))
        )
        const resumed = yield* Effect.scoped(Effect.provide(morning(api, id), Layer.fresh(House.layerWhole(settings))))

        assertEquals(resumed, session)
        const files = yield* FileSystem.FileSystem
        const hostname = yield* files.readFileString("/etc/hostname")
        assertTrue(
          api.calls.every(({ said }) => said.every(({ texts }) => texts.every((text) => !text.includes(hostname))))
        )
      }).pipe(Effect.provide(NodeContext.layer)),
    60_000
  )
})
