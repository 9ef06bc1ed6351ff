import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream, Struct } from "effect"
import { ProviderEvent, turnLimits } from "../../../src/domain/Provider.ts"
import { Crashed, Overloaded, TooLong, TooManyToolCalls } from "../../../src/domain/ProviderError.ts"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

const alone = { Ada: "Ada builds clocks." }
const words = "It is half past nine, as far as I can see from here."

const calling =
  (name: string, input: Readonly<Record<string, string>> = {}): Puppet.Act =>
  (call) =>
    Stream.repeatEffect(Effect.as(call.input.callTool(name, input), ProviderEvent.ToolUse({ name })))

const tokens = { inputTokens: 3000, outputTokens: 40, cacheReadTokens: 0, cacheWriteTokens: 0 }
const told = { input_tokens: 3000, output_tokens: 40, cost_usd: 0.01 }

/** Has taken something, and then goes on as the act does. */
const taking =
  (isWhole: boolean, act: Puppet.Act): Puppet.Act =>
  (call) =>
    Stream.suspend(() => {
      call.input.spend({ usage: { ...tokens, costUsd: 0.01 }, isWhole })
      return act(call)
    })

const house = <A, E>(
  act: Puppet.Act,
  test: (puppet: ReturnType<typeof Puppet.make>) => Parameters<typeof inHouse<A, E>>[1],
  settings: Readonly<Record<string, string>> = {}
) => {
  const puppet = Puppet.make({ act })
  return inHouse(puppet, test(puppet), settings, undefined, alone)
}

/** The first turn of a room in which something was asked. */
const first = Effect.gen(function* () {
  const found = yield* room({ someone_answers: false })
  yield* found.say("What time is it?")
  const end = yield* found.watch.ended
  const [turn] = (yield* found.lastRound).turns
  return { ...found, end, turn }
})

const tooMany = { ...new TooManyToolCalls({ of: "calls", most: turnLimits.calls }) }

describe("a model that does not stop", () => {
  it.scopedLive("calling tools has replied with what it said, and the round tells why it was ended", () =>
    house(
      (call) => Stream.concat(Puppet.say(words), calling("current_time")(call)),
      (puppet) =>
        Effect.gen(function* () {
          const { end, said, turn } = yield* first

          deepStrictEqual([turn?.outcome, turn?.error], ["replied", tooMany])
          assertEquals(end.stop_reason, "complete")
          deepStrictEqual((yield* said).at(-1), ["Ada", words, false])
          assertEquals(puppet.calls.length, 1)
        })
    )
  )

  it.scopedLive(
    "calling tools has failed when it said nothing, is not asked again, and remembers no more than it may",
    () =>
      house(calling("memorize", { memory_entry: "Bob likes tea" }), (puppet) =>
        Effect.gen(function* () {
          const { ask, end, turn } = yield* first
          deepStrictEqual([turn?.outcome, turn?.error], ["failed", tooMany])
          assertEquals(end.stop_reason, "provider_unavailable")
          assertEquals(puppet.calls.length, 1)
          const { providers } = yield* ask(({ system }) => system.providers())
          deepStrictEqual(
            providers.map(({ health }) => health.failures),
            [0]
          )
        })
      )
  )

  it.scopedLive("calling tools after it has skipped has skipped", () =>
    house(
      (call) =>
        Stream.concat(Stream.drain(Stream.fromEffect(call.input.callTool("skip", {}))), calling("guidelines")(call)),
      () =>
        Effect.gen(function* () {
          const { turn } = yield* first

          deepStrictEqual([turn?.outcome, turn?.error], ["skipped", tooMany])
        })
    )
  )

  it.scopedLive("talking fails when it has said more than a turn may hold, and what was heard stays, cut off", () =>
    house(
      () => Stream.repeatValue(ProviderEvent.TextDelta({ text: "and so on ".repeat(1000) })),
      () =>
        Effect.gen(function* () {
          const { said, turn } = yield* first

          deepStrictEqual([turn?.outcome, turn?.error], ["failed", { ...new TooLong({ most: turnLimits.characters }) }])
          const [, content = "", partial] = (yield* said).at(-1) ?? []
          assertTrue(partial === true && content.length <= turnLimits.characters + 10_000)
        })
    )
  )
})

const deadlines = { FIRST_TOKEN_TIMEOUT: "1", IDLE_TIMEOUT: "1", PROVIDER_PATIENCE_SECONDS: "0" }
const crash = Stream.fail(new Crashed({ reason: "gone" }))

describe("what a turn has taken counts as its provider told", () => {
  for (const [how, act, outcome] of [
    ["breaks off", () => Stream.concat(Puppet.say(words), crash), "failed"],
    ["falls silent", () => Stream.concat(Puppet.say(words), Stream.never), "failed"],
    ["breaks", () => Stream.concat(Puppet.say(words), Stream.die("bug")), "failed"],
    ["calls tools for ever", calling("current_time"), "failed"]
  ] satisfies ReadonlyArray<readonly [string, Puppet.Act, string]>) {
    it.scopedLive(`when it ${how}`, () =>
      house(
        taking(true, act),
        () =>
          Effect.gen(function* () {
            const { turn, usage } = yield* first

            deepStrictEqual([turn?.outcome, turn && Struct.pick(turn, ...Struct.keys(told))], [outcome, told])
            const { spent_tokens, spent_usd } = yield* usage
            deepStrictEqual([spent_tokens, spent_usd], [3040, 0.01])
          }),
        deadlines
      )
    )
  }

  it.scopedLive("when it is stopped, and a request about which nothing is told counts with what was set aside", () =>
    house(
      taking(false, () => Stream.concat(Puppet.say(words), Stream.never)),
      () =>
        Effect.gen(function* () {
          const { id, lastRound, pause, rounds, say, sql, usage, watch } = yield* room()
          yield* say("What time is it?")
          yield* watch.until("content_delta")
          yield* pause
          yield* watch.ended

          const [turn] = yield* sql`SELECT * FROM turns WHERE room_id = ${id}`
          assertEquals(turn?.["outcome"], "interrupted")
          deepStrictEqual([turn?.["input_tokens"], turn?.["output_tokens"]], [3000, 40])
          const { agents, counted_tokens, spent_tokens, spent_usd } = yield* usage
          deepStrictEqual([spent_tokens, spent_usd], [3040 + Number(turn?.["reserved_tokens"]), 0.01 + 0.05])
          const [round] = yield* rounds
          const [own] = (yield* lastRound).turns
          for (const sum of [agents[0], round, own])
            deepStrictEqual([sum?.counted_tokens, sum?.counted_usd], [spent_tokens, spent_usd])
          assertEquals(counted_tokens, spent_tokens)
        })
    )
  )

  it.scopedLive("over all the tries that it took", () =>
    house(
      taking(true, ({ number }) =>
        number < 3
          ? Stream.fail(new Overloaded({ retryAfterMs: 1 }))
          : Stream.concat(Puppet.say(words), Puppet.done("s"))
      ),
      () =>
        Effect.gen(function* () {
          const { turn, usage } = yield* first

          deepStrictEqual([turn?.outcome, turn?.input_tokens, turn?.output_tokens], ["replied", 9000, 120])
          assertEquals((yield* usage).spent_tokens, 9120)
        })
    )
  )

  it.scopedLive("and with what was set aside, where a try before broke off untold", () =>
    house(
      (call) => {
        if (call.number > 1) return taking(true, () => Stream.concat(Puppet.say(words), Puppet.done("s")))(call)
        call.input.spend({ usage: null, isWhole: false })
        return crash
      },
      () =>
        Effect.gen(function* () {
          const { id, sql, turn, usage } = yield* first

          deepStrictEqual([turn?.outcome, turn?.input_tokens], ["replied", 3000])
          const [row] = yield* sql`SELECT reserved_tokens FROM turns WHERE room_id = ${id}`
          assertEquals((yield* usage).spent_tokens, 3040 + Number(row?.["reserved_tokens"]))
        })
    )
  )
})
