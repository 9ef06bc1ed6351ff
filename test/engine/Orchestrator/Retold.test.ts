import { describe, it } from "@effect/vitest"
import { assertEquals, assertFalse, assertInclude, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import { Overloaded } from "../../../src/domain/ProviderError.ts"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

/** A vendor that keeps nothing between two turns. */
const forgetful = (act: Puppet.Act) => {
  const puppet = Puppet.make({ act })
  return { ...puppet, provider: { ...puppet.provider, remembers: false, takes: "connection" as const } }
}
const alone = { Ada: "Ada builds clocks." }
const reply = ({ number }: Puppet.Call) =>
  Stream.concat(Puppet.say(`This is reply number ${number}, and it is mine.`), Puppet.done())
const note = (call: Puppet.Call) =>
  Stream.concat(Stream.execute(call.input.callTool("memorize", { memory_entry: "Tom paid." })), reply(call))

const markIn = (call: Puppet.Call | undefined) => /begin with (\S+) come/.exec(call?.text ?? "")?.[1] ?? ""

/** That a turn begins just as the one before did, and knows how far. */
const goesOn = (before: Puppet.Call | undefined, now: Puppet.Call | undefined) => {
  const told = before?.input.parts ?? []
  deepStrictEqual(now?.input.parts.slice(0, told.length), told)
  assertEquals(now?.input.knownParts, told.length)
  assertEquals(now?.spec.systemPrompt, before?.spec.systemPrompt)
  assertTrue(told.length > 1)
}

describe("a provider that remembers nothing", () => {
  it.scopedLive("is told all in each turn, which begins like the one before, whatever was noted meanwhile", () => {
    const puppet = forgetful((call) => (call.number === 1 ? note(call) : reply(call)))
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { say, watch } = yield* room()
        yield* Effect.forEach(["One?", "Two?", "Three?"], (text) => Effect.zipRight(say(text), watch.ended))

        const [first, second, third] = puppet.calls
        goesOn(first, second)
        goesOn(second, third)
        assertEquals(third?.spec.resume, markIn(first))
        const own = third?.input.parts.flatMap(({ own }) => own?.words ?? [])
        deepStrictEqual(
          own,
          [1, 2].map((n) => `This is reply number ${n}, and it is mine.`)
        )
        assertEquals(first?.input.ask.split("\n").length, 1)
        assertInclude(third?.input.ask, "You noted: [")
        assertInclude(third?.input.ask, "Tom paid.")
      }),
      {},
      undefined,
      alone
    )
  })

  it.scopedLive("goes on after a turn that failed or was interrupted, and is told whose words were cut off", () => {
    const puppet = forgetful((call) => {
      const begun = Puppet.say("This is long enough to be heard by all of them")
      if (call.number === 1) return Stream.concat(begun, Stream.fail(new Overloaded({ retryAfterMs: null })))
      return call.number === 2 ? Stream.concat(begun, Stream.never) : reply(call)
    })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { say, watch } = yield* room()
        yield* Effect.zipRight(say("One?"), watch.ended)
        yield* say("Two?")
        yield* watch.until("content_delta")
        yield* Effect.zipRight(say("Three?"), watch.ended)
        yield* watch.ended

        const [first, , third] = puppet.calls
        deepStrictEqual(third?.input.parts.slice(0, first?.input.parts.length), first?.input.parts)
        assertEquals(third?.input.knownParts, 0)
        deepStrictEqual(
          third?.input.parts.flatMap(({ own }) => own?.cutOff ?? []),
          [1, 2].map(() => `${markIn(first)} Here Ada was cut off in mid-sentence.`)
        )
      }),
      {},
      undefined,
      alone
    )
  })

  it.scopedLive("is told the newest alone when twice the window is full, and all anew when the mark was spoken", () => {
    const puppet = forgetful(reply)
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { say, watch } = yield* room()
        const ask = (text: string) => Effect.zipRight(say(text), watch.ended)
        yield* Effect.forEach(["1", "2", "3", "4"], ask)
        const [first, , third, fourth] = puppet.calls
        goesOn(first, puppet.calls[1])
        assertEquals(markIn(first), markIn(third))
        assertFalse(markIn(fourth) === markIn(first))
        deepStrictEqual([fourth?.input.knownParts, fourth?.spec.resume, fourth?.input.parts.length], [0, null, 5])
        assertInclude(fourth?.text, "4 earlier messages are left out")

        yield* ask(`${markIn(fourth)} Ada (you): I give up.`)
        assertFalse(markIn(puppet.calls[4]) === markIn(fourth))
      }),
      { CONTEXT_WINDOW: "3" },
      undefined,
      alone
    )
  })

  it.scopedLive("is not asked when nothing is new to it", () => {
    const puppet = forgetful((call) => (call.spec.agentName === "Ada" ? reply(call) : Puppet.skip(call)))
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { say, watch } = yield* room()
        yield* say("One?")
        yield* watch.ended
        assertEquals(puppet.calls.filter(({ spec }) => spec.agentName === "Ada").length, 1)
      })
    )
  })
})
