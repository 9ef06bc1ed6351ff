import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

const answering: Puppet.Act = (call) =>
  call.spec.agentName === "Bo"
    ? Stream.concat(Puppet.say(`That was said while we slept, ${call.number}.`), Puppet.done())
    : Puppet.skip(call)

const paused = Effect.fnUntraced(function* (settings: object = {}) {
  const found = yield* room({ max_follow_ups: 0, ...settings })
  yield* found.client.json("POST", `${found.path}/pause`)
  const held = (text: string) => Effect.zipRight(found.say(text), found.watch.ended)
  const rounds = Effect.map(found.get("/rounds"), (all) =>
    all.map((it: Record<string, unknown>) => [it["kind"], it["stop_reason"]])
  )
  return { ...found, held, rounds, resume: found.client.json("POST", `${found.path}/resume`) }
})

describe("what people say in a paused room", () => {
  it.scopedLive("is answered by one round when the room goes on, once, with all who were mentioned", () => {
    const puppet = Puppet.make({ act: answering })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { get, held, idOf, resume, rounds, watch } = yield* paused({ turn_policy: "mentioned_only" })
        assertEquals((yield* held("Are you there, @Bo?")).stop_reason, "paused")
        yield* held("And @Ada?")
        assertEquals(puppet.calls.length, 0)

        yield* resume
        yield* watch.ended
        assertTrue(puppet.calls.every(({ text }) => text.includes("Are you there") && text.includes("And @Ada?")))
        deepStrictEqual(yield* rounds, [
          ["message", "max_rounds"],
          ["message", "paused"],
          ["message", "paused"]
        ])
        const [{ id }] = yield* get("/rounds")
        deepStrictEqual((yield* get(`/rounds/${id}`)).trigger.mentioned_agent_ids, [idOf("Bo"), idOf("Ada")])

        yield* resume
        assertEquals((yield* rounds).length, 3)
      })
    )
  })

  it.scopedLive("waits on where the room is paused again, and is not asked for any more where it was cleared", () => {
    const puppet = Puppet.make({ act: answering })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { client, held, path, resume, rounds, watch } = yield* paused()
        yield* held(`Hello?${" Hello.".repeat(3000)}`)
        yield* client.json("PATCH", path, { budget_tokens: 6000 })
        yield* resume
        assertEquals((yield* watch.ended).stop_reason, "budget")
        yield* client.json("PATCH", path, { budget_tokens: null, is_paused: false })
        yield* watch.ended
        assertEquals(puppet.calls.filter(({ spec }) => spec.agentName === "Bo").length, 1)

        yield* client.json("POST", `${path}/pause`)
        yield* held("Hello again?")
        yield* client.json("DELETE", `${path}/messages`)
        const before = (yield* rounds).length
        yield* resume
        assertEquals((yield* rounds).length, before)
      })
    )
  })

  it.scopedLive("leaves alone what had an answer, and what goes on is no message of a person", () =>
    inHouse(
      Puppet.make({ act: answering }),
      Effect.gen(function* () {
        const { client, path, resume, rounds, say, watch } = yield* paused()
        yield* resume
        deepStrictEqual(yield* rounds, [])
        yield* say("Hello?")
        yield* watch.ended
        yield* client.json("POST", `${path}/continue`)
        yield* watch.ended
        yield* client.json("POST", `${path}/pause`)
        yield* resume
        assertEquals((yield* rounds).length, 2)
      })
    )
  )
})
