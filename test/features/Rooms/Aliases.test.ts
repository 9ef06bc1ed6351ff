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

layer(house, { excludeTestServices: true })("Rooms of providers that are not here", (it) => {
  it.effect("a name that is mapped gives a room that works, and another one is refused", () =>
    Effect.gen(function* () {
      const { json } = yield* Client.make
      const agents = yield* json("GET", "/agents")

      const room = yield* json("POST", "/rooms", { name: "By a client", provider: "codex", model: "gpt-5.5" })
      const direct = yield* json("GET", `/agents/${agents.data[0].id}/direct-room?provider=codex`)
      const refused = yield* json("POST", "/rooms", { name: "Refused", provider: "claude" })

      deepStrictEqual([room.data.default_provider, room.data.default_model], ["scripted", null])
      deepStrictEqual([direct.data.default_provider, direct.data.name], ["scripted", "Direct: Ada"])
      deepStrictEqual([refused.status, refused.data._tag], [400, "ProviderUnknown"])
    })
  )

  it.scoped("agents go on in a room that was kept under such a name", () =>
    Effect.gen(function* () {
      const { json } = yield* Client.make
      const sql = yield* SqlClient.SqlClient
      const agents = yield* json("GET", "/agents")
      const { data } = yield* json("POST", "/rooms", { name: "From before" })
      yield* json("POST", `/rooms/${data.id}/agents/${agents.data[0].id}`)
      yield* sql`UPDATE rooms SET default_provider = 'codex', default_model = 'gpt-5.5' WHERE id = ${data.id}`
      const watch = yield* Watch.room(data.id)

      yield* json("POST", `/rooms/${data.id}/messages/send`, { content: "Hello" })
      yield* watch.ended

      const [turn] = yield* sql`SELECT outcome, provider, model FROM turns WHERE room_id = ${data.id}`
      deepStrictEqual(Object.values(turn ?? {}), ["replied", "scripted", "scripted-1"])
      assertEquals((yield* json("GET", `/rooms/${data.id}`)).data.default_provider, "codex")
    })
  )
})
