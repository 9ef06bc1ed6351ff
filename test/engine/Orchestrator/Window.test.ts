import { describe, it } from "@effect/vitest"
import { assertEquals, assertInclude, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import { ContextExceeded } from "../../../src/domain/ProviderError.ts"
import { stringify } from "../../../src/lib/json.ts"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

const alone = { Ada: "Ada builds clocks." }
const window = 8000
/** As many characters as a token of this vendor has. */
const perToken = 4
const sizeOf = ({ spec, text }: Puppet.Call) => spec.systemPrompt.length + text.length
const lastSize = ({ calls }: ReturnType<typeof Puppet.make>) => calls.slice(-1).reduce((_, call) => sizeOf(call), 0)
const tokens = (characters: number) => Math.ceil(characters / perToken)

/** A model that reads no more than its window, and says so in these words. */
const bounded = (remembers: boolean, words: (asked: number, most: number) => string) => {
  const puppet = Puppet.make({
    act: (call) =>
      sizeOf(call) > window
        ? Stream.fail(new ContextExceeded({ reason: words(tokens(sizeOf(call)), tokens(window)) }))
        : Stream.concat(Puppet.say(`Reply number ${call.number}.`), Puppet.done())
  })
  return { ...puppet, provider: { ...puppet.provider, remembers } }
}

const vendors = [
  ["tells both sizes", (asked: number, most: number) => `prompt is too long: ${asked} tokens > ${most} maximum`],
  ["tells its window", (_: number, most: number) => `exceeds the available context size (${most} tokens)`],
  ["tells no size", () => "Input is too long for requested model."]
] as const

describe("a conversation that outgrows the model", () => {
  for (const [how, words] of vendors) {
    for (const remembers of [false, true]) {
      const who = remembers ? "a model with a session" : "a model that is told all anew"
      it.scopedLive(`goes on without its oldest messages, where ${who} ${how}`, () => {
        const puppet = bounded(remembers, words)
        return inHouse(
          puppet,
          Effect.gen(function* () {
            const { say, watch } = yield* room()
            for (let turn = 0; turn < 12; turn++) {
              yield* say(`Message ${turn}: ${"x".repeat(900)}`)
              const end = yield* watch.until("stream_end")
              assertInclude(stringify(end), '"outcome":"replied"')
              yield* watch.ended
            }
            const refused = puppet.calls.filter((call) => sizeOf(call) > window)
            assertTrue(refused.length >= 1 && refused.length <= 2, `${refused.length} refusals`)
            const last = puppet.calls.at(-1)
            assertInclude(last?.text, "Message 11")
            if (!remembers) assertInclude(last?.text, "earlier messages are left out here")
          }),
          {},
          undefined,
          alone
        )
      })
    }
  }

  it.scopedLive(
    "fails with the vendor's words at once, where nothing can be left out, and is asked once a turn",
    () => {
      const puppet = Puppet.make({ act: () => Stream.fail(new ContextExceeded({ reason: "prompt is too long" })) })
      return inHouse(
        puppet,
        Effect.gen(function* () {
          const { say, watch } = yield* room()
          for (const turn of [1, 2, 3]) {
            yield* say("Hello?")
            const end = yield* watch.until("stream_end")
            assertInclude(stringify(end), "prompt is too long")
            yield* watch.ended
            assertEquals(puppet.calls.length, turn)
          }
          // Nor does the model read less from now on.
          assertEquals(puppet.provider.traits.of(puppet.calls[0]?.spec.model ?? "").context_tokens, null)
        }),
        {},
        undefined,
        alone
      )
    }
  )

  for (const [how, words] of vendors) {
    it.scopedLive(`is told twice in less, then once a turn, and whole when it is read again, where it ${how}`, () => {
      let most = Infinity
      const puppet = Puppet.make({
        act: (call) =>
          sizeOf(call) > most
            ? Stream.fail(new ContextExceeded({ reason: words(tokens(sizeOf(call)), tokens(most)) }))
            : Stream.concat(Puppet.say(`Reply number ${call.number}.`), Puppet.done())
      })
      return inHouse(
        { ...puppet, provider: { ...puppet.provider, remembers: false } },
        Effect.gen(function* () {
          const { say, watch } = yield* room()
          const asked = Effect.fnUntraced(function* (reading: number) {
            most = reading
            const before = puppet.calls.length
            yield* say(`Message: ${"x".repeat(900)}`)
            const end = stringify(yield* watch.until("stream_end"))
            yield* watch.ended
            return [end.includes('"outcome":"replied"'), puppet.calls.length - before] as const
          })
          yield* Effect.repeatN(asked(Infinity), 11)
          const whole = lastSize(puppet)

          deepStrictEqual(yield* asked(900), [false, 3])
          deepStrictEqual(yield* asked(900), [false, 1])
          deepStrictEqual(yield* asked(5000), [true, 1])
          deepStrictEqual(yield* asked(Infinity), [true, 1])
          assertTrue(lastSize(puppet) > whole / 2)
        }),
        {},
        undefined,
        alone
      )
    })
  }

  it.scopedLive("goes on where a model reads far less than it is told, and says nothing of how much", () => {
    let most = Infinity
    const puppet = Puppet.make({
      act: (call) =>
        sizeOf(call) > most
          ? Stream.fail(new ContextExceeded({ reason: "Input is too long for requested model." }))
          : Stream.concat(Puppet.say("Yes."), Puppet.done())
    })
    return inHouse(
      { ...puppet, provider: { ...puppet.provider, remembers: false } },
      Effect.gen(function* () {
        const { say, watch } = yield* room()
        const asked = Effect.fnUntraced(function* () {
          const before = puppet.calls.length
          yield* say("x".repeat(9000))
          assertInclude(stringify(yield* watch.until("stream_end")), '"outcome":"replied"')
          yield* watch.ended
          return puppet.calls.length - before
        })
        yield* Effect.repeatN(asked(), 19)
        most = 5000
        deepStrictEqual([yield* asked(), yield* asked(), yield* asked()], [3, 1, 1])
      }),
      {},
      undefined,
      alone
    )
  })

  it.scopedLive("is asked three times at most, however much there is to leave out", () => {
    const puppet = Puppet.make({ act: () => Stream.fail(new ContextExceeded({ reason: "prompt is too long" })) })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { pause, resume, say, watch } = yield* room()
        yield* pause
        yield* Effect.repeatN(say("x".repeat(20_000)), 39)

        yield* resume
        yield* watch.until("stream_end")

        const sizes = puppet.calls.map(sizeOf)
        assertEquals(sizes.length, 3)
        deepStrictEqual(
          sizes.toSorted((one, other) => other - one),
          sizes
        )
      }),
      { CONTEXT_WINDOW: "500" },
      undefined,
      alone
    )
  })
})
