import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schema, Stream } from "effect"
import { spec } from "../../../support/ClaudeHouse.ts"
import { makeAnthropic, other, own, turn } from "../../../support/HttpHouse.ts"
import { turnOf } from "../../../support/turns.ts"

const mark = ',"cache_control":{"type":"ephemeral"}'

const Sent = Schema.parseJson(
  Schema.Struct({
    tools: Schema.Array(Schema.Struct({ name: Schema.String })),
    messages: Schema.Array(
      Schema.Struct({
        content: Schema.Array(
          Schema.Struct({ text: Schema.String, cache_control: Schema.optional(Schema.Struct({ type: Schema.String })) })
        )
      })
    )
  })
)

const first = [other("The rules."), other("Bob: Hi")]
const second = [...first, own("Hello Bob"), other("Carol: And me?")]
const third = [...second, own("Carol!", "cut off"), ...Array.from({ length: 30 }, (_, n) => other(`Bob: ${n}`))]

const played = Effect.gen(function* () {
  const { api, provider } = yield* makeAnthropic()
  const session = yield* provider.open(spec())
  yield* Stream.runDrain(turnOf(session, turn(first)))
  yield* Stream.runDrain(turnOf(session, turn(second, { knownParts: first.length })))
  yield* Stream.runDrain(turnOf(session, turn(third, { knownParts: second.length, ask: "Now you." })))
  return api.calls
})

describe("the cache of the Messages API", () => {
  it.scopedLive(
    "is given requests that begin, turn after turn, with all bytes of the one before but its question",
    () =>
      Effect.gen(function* () {
        const calls = yield* played

        const bodies = calls.map(({ body }) => body.replaceAll(mark, ""))
        const told = bodies.map((body) => body.slice(0, body.indexOf(',{"type":"text","text":"It is your turn')))
        assertEquals(bodies.length, 3)
        assertTrue((told[0] ?? "").endsWith('{"type":"text","text":"Bob: Hi"}'))
        assertTrue(bodies[1]?.startsWith(told[0] ?? "?") ?? false)
        assertTrue(bodies[2]?.startsWith(told[1] ?? "?") ?? false)
      })
  )

  it.scopedLive("is marked after the prompt, after what was known, and after the newest of what was said", () =>
    Effect.gen(function* () {
      const calls = yield* played

      const marked = yield* Effect.forEach(calls, ({ body }) =>
        Effect.map(Schema.decode(Sent)(body), ({ messages }) =>
          messages
            .flatMap(({ content }) => content)
            .flatMap(({ cache_control, text }) => (cache_control === undefined ? [] : text))
        )
      )
      deepStrictEqual(marked, [["Bob: Hi"], ["Bob: Hi", "Carol: And me?"], ["Carol: And me?", "Bob: 29"]])
      for (const { body } of calls) {
        assertTrue(body.includes(`"system":[{"type":"text","text":"You are Alice, who mends clocks."${mark}}]`))
      }
    })
  )
})
