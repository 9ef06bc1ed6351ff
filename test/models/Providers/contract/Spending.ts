import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Array, Deferred, Effect, Fiber, Record, Stream } from "effect"
import { hear } from "../../../../src/models/Deadlines.ts"
import { type ProviderEvent, turnLimits, type TurnInput } from "../../../../src/domain/Provider.ts"
import { Crashed, type ProviderError, RateLimited, TooManyToolCalls } from "../../../../src/domain/ProviderError.ts"
import { plus, type Spending, type Tokens } from "../../../../src/domain/Usage.ts"
import { call, fail, hang, pause, say, type Script } from "../../../../src/models/Providers/Scripted/Script.ts"
import { makeBill } from "../../../support/bill.ts"
import { House } from "./House.ts"
import { open, type It } from "./talk.ts"
import { pulled } from "../../../support/turns.ts"

const remember = call("memorize", { memory_entry: "x" })

const free = (tokens: Tokens | null) => tokens && { ...tokens, costUsd: null }

/** What is known of the turn, but for its cost. */
const tokensIn = ({ isWhole, usage }: Spending) => ({ isWhole, tokens: free(usage) })

const words = "Once upon a time"

type BreakOff = (turn: Stream.Stream<ProviderEvent, ProviderError>) => Effect.Effect<unknown, ProviderError, House>

/** What the model does from now on, whatever it was still to do. */
const performs = (...turns: ReadonlyArray<Script>) =>
  Effect.flatMap(House, ({ vendor }) =>
    Effect.zipRight(
      vendor.forget,
      Effect.acquireRelease(vendor.performs(...turns), () => vendor.forget)
    )
  )

/** The turn of a model that says a few words and then nothing more, broken off by somebody. */
const broken = Effect.fnUntraced(function* (before: Script, breakOff: BreakOff) {
  const { ask, close } = yield* open()
  const bill = makeBill()
  yield* performs([...before, say(words), hang])
  yield* Effect.exit(breakOff(ask("Go on", { spend: bill.spend })))
  yield* close
  return tokensIn(bill.spending())
})

/** A client that is a process takes longer for each step. */
const withDeadlines = (limits: Partial<Parameters<typeof hear>[0]>) =>
  Effect.fnUntraced(function* (turn: Parameters<BreakOff>[0]) {
    const { provider } = yield* House
    const factor = provider.takes === "process" ? 5 : 1
    const all = { firstTokenMs: 5000, idleMs: 5000, totalMs: 5000, ...limits }
    return yield* hear(Record.map(all, (ms) => ms * factor))(pulled(turn), () => null)
  })

const stopped: BreakOff = (turn) =>
  Effect.gen(function* () {
    const heard = yield* Deferred.make<void>()
    const isLast = (event: { readonly _tag: string }) => event._tag === "TextDelta"
    const fiber = yield* Effect.fork(
      Stream.runForEach(turn, (event) => Effect.when(Deferred.succeed(heard, undefined), () => isLast(event)))
    )
    yield* Deferred.await(heard)
    yield* Fiber.interrupt(fiber)
  })

const ways: ReadonlyArray<readonly [string, BreakOff]> = [
  ["is stopped", stopped],
  ["falls silent", withDeadlines({ idleMs: 200 })],
  ["takes too long", withDeadlines({ totalMs: 300 })],
  [
    "says too much for its listener",
    Stream.runForEach(({ _tag }) => (_tag === "TextDelta" ? new Crashed({ reason: "enough" }) : Effect.void))
  ]
]

export const spending = (it: It) => {
  it.scoped("a model that never stops calling tools is asked eight times, and each of them is told", () =>
    Effect.gen(function* () {
      const { costs, hears, vendor } = yield* House
      const { ask, close } = yield* open()
      const bill = makeBill()
      let calls = 0
      const callTool: TurnInput["callTool"] = () => Effect.sync(() => ({ text: `kept ${++calls}`, isError: false }))
      const before = vendor.asked().length
      yield* performs(Array.replicate([say("Hm."), remember], 12).flat())

      const error = yield* Effect.flip(Stream.runDrain(ask("Go on", { callTool, spend: bill.spend })))

      deepStrictEqual(error, new TooManyToolCalls({ of: "requests", most: turnLimits.requests }))
      assertEquals(vendor.asked().length - before, hears ? turnLimits.requests : 1)
      assertEquals(calls, turnLimits.requests)
      deepStrictEqual(tokensIn(bill.spending()), {
        isWhole: true,
        tokens: free(costs(turnLimits.requests, turnLimits.requests))
      })
      yield* close
    })
  )

  for (const name of ["fly", "memorize"]) {
    it.scoped(`so is one that calls ${name} for ever as nobody can, and nothing is done`, () =>
      Effect.gen(function* () {
        const { hears, vendor } = yield* House
        if (!hears) return
        const { ask, close } = yield* open()
        const before = vendor.asked().length
        yield* performs(Array.replicate([say("Hm."), call(name, { what: "x" })], 12).flat())

        const error = yield* Effect.flip(
          Stream.runDrain(ask("Go on", { callTool: () => Effect.dieMessage("was called") }))
        )

        assertEquals(error._tag, "TooManyToolCalls")
        assertEquals(vendor.asked().length - before, turnLimits.requests)
        yield* close
      })
    )
  }

  for (const [how, breakOff] of ways) {
    it.scoped(`of a turn that ${how} it is known what the vendor told, and about what was heard since`, () =>
      Effect.gen(function* () {
        const { begun } = yield* House
        const known = begun(1, words.length)

        const found = yield* broken([], breakOff)

        deepStrictEqual(found, { isWhole: known !== null, tokens: free(known) })
      })
    )

    it.scoped(`of a turn that ${how} in its second answer the first is known whole`, () =>
      Effect.gen(function* () {
        const { begun, costs } = yield* House
        const known = begun(1, words.length)

        const found = yield* broken([remember], breakOff)

        const tokens = plus(free(costs(1, 0)), free(known))
        deepStrictEqual(found, { isWhole: known !== null, tokens })
      })
    )
  }

  it.scoped("a request that is refused after another that was not takes nothing", () =>
    Effect.gen(function* () {
      const { costs } = yield* House
      const { ask, close } = yield* open()
      const bill = makeBill()
      yield* performs([say("Wait."), remember], [fail(new RateLimited({ retryAfterMs: null }))])

      yield* Effect.exit(Stream.runDrain(ask("Go on", { spend: bill.spend })))

      deepStrictEqual(tokensIn(bill.spending()), { isWhole: true, tokens: free(costs(1, 1)) })
      yield* close
    })
  )

  it.scoped("an answer that comes as nothing but empty pieces is left when it has been silent for too long", () =>
    Effect.gen(function* () {
      const { hears } = yield* House
      if (!hears) return
      const { ask, close } = yield* open()
      const drops = Array.replicate([pause(20), say("")], 200).flat()
      yield* performs([say(words), ...drops])

      const error = yield* Effect.flip(withDeadlines({ idleMs: 400 })(ask("Go on")))

      assertTrue(error._tag === "TimedOut" && error.phase === "idle", error._tag)
      yield* close
    })
  )
}
