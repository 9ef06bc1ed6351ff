import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer } from "effect"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"
import * as Watch from "../../support/Watch.ts"

const house = Layer.unwrapScoped(
  Effect.map(House.folders({ Ada: "Ada builds clocks." }), (own) =>
    House.layerWhole({ ...own, PROVIDER_ALIASES: "codex=default", SCRIPTED_PACE_MS: "0" })
  )
).pipe(Layer.provide(NodeContext.layer))

const setup = Effect.gen(function* () {
  const { ask } = yield* Client.make
  const [agent] = yield* ask(({ agents }) => agents.list())
  const create = (payload: { readonly name: string; readonly provider?: string; readonly model?: string }) =>
    ask(({ rooms }) => rooms.create({ payload }))
  return { ask, create, ada: { agent_id: agent?.id ?? 0 } }
})

layer(house, { excludeTestServices: true })("Rooms of providers that are not here", (it) => {
  it.effect("a name that is mapped gives a room that works, and another one is refused", () =>
    Effect.gen(function* () {
      const { ada, ask, create } = yield* setup

      const room = yield* create({ name: "By a client", provider: "codex", model: "gpt-5.5" })
      const direct = yield* ask(({ agents }) => agents.directRoom({ path: ada, urlParams: { provider: "codex" } }))
      const refused = yield* Effect.flip(create({ name: "Refused", provider: "claude" }))

      deepStrictEqual([room.default_provider, room.default_model], ["scripted", null])
      deepStrictEqual([direct.default_provider, direct.name], ["scripted", "Direct: Ada"])
      deepStrictEqual([refused.status, refused.tag], [400, "ProviderUnknown"])
    })
  )

  it.scoped("agents go on in a room that was kept under such a name", () =>
    Effect.gen(function* () {
      const { ada, ask, create } = yield* setup
      const sql = yield* SqlClient.SqlClient
      const { id } = yield* create({ name: "From before" })
      const path = { room_id: id }
      yield* ask(({ rooms }) => rooms.join({ path: { ...path, ...ada } }))
      yield* sql`UPDATE rooms SET default_provider = 'codex', default_model = 'gpt-5.5' WHERE id = ${id}`
      const watch = yield* Watch.room(id)

      yield* ask(({ messages }) => messages.send({ path, payload: { content: "Hello" } }))
      yield* watch.ended

      const [turn] = yield* sql`SELECT outcome, provider, model FROM turns WHERE room_id = ${id}`
      deepStrictEqual(Object.values(turn ?? {}), ["replied", "scripted", "scripted-1"])
      assertEquals((yield* ask(({ rooms }) => rooms.get({ path }))).default_provider, "codex")
    })
  )
})
