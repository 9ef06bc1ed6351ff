import { layer } from "@effect/vitest"
import { assertEquals, assertInclude, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import type { Client } from "../../src/client/client.ts"
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

type Choice = Parameters<Client["rooms"]["choose"]>[0]["payload"]

let dens = 0

const seated = Effect.gen(function* () {
  const found = yield* room({ name: `den ${++dens}` })
  const seat = (agent_id = found.idOf("Ada")) =>
    found.ask(({ rooms }) => rooms.seat({ path: { ...found.inRoom, agent_id } }))
  const choose = (payload: Choice, agent_id = found.idOf("Ada")) =>
    found.ask(({ rooms }) => rooms.choose({ path: { ...found.inRoom, agent_id }, payload }))
  const answer = Effect.fnUntraced(function* () {
    yield* found.say("Hello?")
    const end = yield* found.watch.until("stream_end")
    yield* found.watch.ended
    return stringify(end)
  })
  return { ...found, seat, choose, answer }
})

layer(house, { excludeTestServices: true })("A seat", (it) => {
  it.scoped("speaks with what the room has, until it is told otherwise, and from its next turn on", () =>
    Effect.gen(function* () {
      const { answer, choose, seat } = yield* seated
      const before = yield* seat()
      deepStrictEqual([before.provider, before.speaks_with.provider], [null, "first"])
      assertInclude(yield* answer(), "I speak by first.")

      const after = yield* choose({
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

      const back = yield* choose({ provider: null })
      deepStrictEqual([back.provider, back.model, back.temperature], [null, null, 0.5])
      assertInclude(yield* answer(), "I speak by first.")
    })
  )

  it.scoped("tells readers of the room as it is, with what it has spent", () =>
    Effect.gen(function* () {
      const { answer, choose, read, watch } = yield* seated
      yield* answer()
      yield* choose({ model: "large" })
      const told = yield* watch.until("room_updated")
      const { spent_tokens } = yield* read
      assertTrue(spent_tokens > 0)
      assertInclude(stringify(told), `"spent_tokens":${spent_tokens},`)
    })
  )

  it.scoped("takes the provider's usual model where none is named", () =>
    Effect.gen(function* () {
      const { choose } = yield* seated
      const { model, speaks_with } = yield* choose({ provider: "second" })
      deepStrictEqual([model, speaks_with.model], [null, "second-1"])
    })
  )

  it.scoped("is refused what no provider has, with the field, and stays as it was", () =>
    Effect.gen(function* () {
      const { choose, seat } = yield* seated
      const misfits: ReadonlyArray<readonly [choice: object, status: number]> = [
        [{ provider: "nobody" }, 400],
        [{ priority: 3 }, 400],
        [{ temperature: 3 }, 422],
        [{ temperature: "warm" }, 422],
        [{ max_output_tokens: 1 }, 422],
        [{ thinking: -1 }, 422],
        [{ model: "" }, 422]
      ]
      for (const [choice, status] of misfits) {
        const refused = yield* Effect.flip(choose(choice))
        assertEquals(refused.status, status, refused.message)
      }
      const { model, provider, temperature, thinking } = yield* seat()
      deepStrictEqual([provider, model, temperature, thinking], [null, null, null, null])
      assertEquals((yield* Effect.flip(seat(999))).status, 404)
      assertEquals((yield* Effect.flip(choose({ model: "x" }, 999))).status, 404)
    })
  )

  it.scoped("follows its room, which can change its provider and its model", () =>
    Effect.gen(function* () {
      const { answer, change, read, seat } = yield* seated
      assertInclude(yield* answer(), "I speak by first.")

      const { default_model, default_provider } = yield* change({ provider: "second" })
      deepStrictEqual([default_provider, default_model], ["second", null])
      assertInclude(yield* answer(), "I speak by second.")

      yield* change({ model: "large" })
      deepStrictEqual((yield* seat()).speaks_with.model, "large")
      const { status } = yield* Effect.flip(change({ provider: "nobody", name: "another name" }))
      assertEquals(status, 400)
      assertEquals((yield* read).default_provider, "second")
    })
  )
})
