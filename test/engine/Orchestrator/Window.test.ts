import { describe, it } from "@effect/vitest"
import { assertEquals, assertInclude, assertTrue } from "@effect/vitest/utils"
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

  it.scopedLive("fails with the vendor's words, when nothing that can be left out makes it fit", () => {
    const puppet = Puppet.make({ act: () => Stream.fail(new ContextExceeded({ reason: "prompt is too long" })) })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { say, watch } = yield* room()
        yield* say("Hello?")
        const end = yield* watch.until("stream_end")
        assertInclude(stringify(end), "prompt is too long")
        assertEquals(puppet.calls.length, 7)
        // Nor does the model read less from now on.
        assertEquals(puppet.provider.traits.of(puppet.calls[0]?.spec.model ?? "").context_tokens, null)
      }),
      {},
      undefined,
      alone
    )
  })
})
