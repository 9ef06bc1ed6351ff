import { layer } from "@effect/vitest"
import { assertEquals, assertInclude, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import { stringify } from "../../src/lib/json.ts"
import { room } from "../support/Duo.ts"
import * as House from "../support/House.ts"
import * as Puppet from "../support/Puppet.ts"

const called = (name: string) => {
  const puppet = Puppet.make({ act: () => Stream.concat(Puppet.say(`I speak by ${name}.`), Puppet.done()) })
  return { ...puppet, provider: { ...puppet.provider, name, defaultModel: `${name}-1` } }
}
const [first, second] = [called("first"), called("second")]

const house = House.shared({
  agents: { Ada: "Ada builds clocks." },
  providers: [first.provider, second.provider]
})

let dens = 0

const seated = Effect.gen(function* () {
  const found = yield* room({ name: `den ${++dens}` })
  const seat = `${found.path}/agents/${found.idOf("Ada")}`
  const answer = Effect.fnUntraced(function* () {
    yield* found.say("Hello?")
    const end = yield* found.watch.until("stream_end")
    yield* found.watch.ended
    return stringify(end)
  })
  return { ...found, ...found.client, seat, answer }
})

layer(house, { excludeTestServices: true })("A seat", (it) => {
  it.scoped("speaks with what the room has, until it is told otherwise, and from its next turn on", () =>
    Effect.gen(function* () {
      const { answer, json, seat } = yield* seated
      const { data: before } = yield* json("GET", seat)
      deepStrictEqual([before.provider, before.speaks_with.provider], [null, "first"])
      assertInclude(yield* answer(), "I speak by first.")

      const { data: after } = yield* json("PATCH", seat, {
        provider: "second",
        model: "large",
        max_output_tokens: 100,
        temperature: 0.5,
        thinking: 0
      })
      assertEquals(after.speaks_with.model, "large")
      assertInclude(yield* answer(), "I speak by second.")
      const spec = second.calls.at(-1)?.spec
      assertEquals(spec?.model, "large")
      deepStrictEqual(spec?.options, { max_output_tokens: 100, temperature: 0.5, thinking: 0 })
      assertInclude(second.calls.at(-1)?.text, "I speak by first.")

      const { data: back } = yield* json("PATCH", seat, { provider: null })
      deepStrictEqual([back.provider, back.model, back.temperature], [null, null, 0.5])
      assertInclude(yield* answer(), "I speak by first.")
    })
  )

  it.scoped("tells readers of the room as it is, with what it has spent", () =>
    Effect.gen(function* () {
      const { answer, json, path, seat, watch } = yield* seated
      yield* answer()
      yield* json("PATCH", seat, { model: "large" })
      const told = yield* watch.until("room_updated")
      const { spent_tokens } = (yield* json("GET", path)).data
      assertTrue(spent_tokens > 0)
      assertInclude(stringify(told), `"spent_tokens":${spent_tokens},`)
    })
  )

  it.scoped("takes the provider's usual model where none is named", () =>
    Effect.gen(function* () {
      const { json, seat } = yield* seated
      const { data } = yield* json("PATCH", seat, { provider: "second" })
      deepStrictEqual([data.model, data.speaks_with.model], [null, "second-1"])
    })
  )

  it.scoped("is refused what no provider has, with the field, and stays as it was", () =>
    Effect.gen(function* () {
      const { json, path, seat } = yield* seated
      for (const [body, status] of [
        [{ provider: "nobody" }, 400],
        [{ priority: 3 }, 400],
        [{ temperature: 3 }, 422],
        [{ temperature: "warm" }, 422],
        [{ max_output_tokens: 1 }, 422],
        [{ thinking: -1 }, 422],
        [{ model: "" }, 422]
      ] as const) {
        const answer = yield* json("PATCH", seat, body)
        assertEquals(answer.status, status, stringify(answer.data))
      }
      const { data } = yield* json("GET", seat)
      deepStrictEqual([data.provider, data.model, data.temperature, data.thinking], [null, null, null, null])
      assertEquals((yield* json("GET", `${path}/agents/999`)).status, 404)
      assertEquals((yield* json("PATCH", `${path}/agents/999`, { model: "x" })).status, 404)
    })
  )

  it.scoped("follows its room, which can change its provider and its model", () =>
    Effect.gen(function* () {
      const { answer, json, path, seat } = yield* seated
      assertInclude(yield* answer(), "I speak by first.")

      const { data } = yield* json("PATCH", path, { provider: "second" })
      deepStrictEqual([data.default_provider, data.default_model], ["second", null])
      assertInclude(yield* answer(), "I speak by second.")

      yield* json("PATCH", path, { model: "large" })
      deepStrictEqual((yield* json("GET", seat)).data.speaks_with.model, "large")
      const { status } = yield* json("PATCH", path, { provider: "nobody", name: "another name" })
      assertEquals(status, 400)
      assertEquals((yield* json("GET", path)).data.default_provider, "second")
    })
  )
})
