import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Exit, Fiber, Stream } from "effect"
import { ProviderEvent, type TurnInput } from "../../../../src/domain/Provider.ts"
import { call, say } from "../../../../src/models/Providers/Scripted/Script.ts"
import { makeBill } from "../../../support/bill.ts"
import { House } from "./House.ts"
import { open, type It, Parlour } from "./talk.ts"

const { TextDelta, ToolUse } = ProviderEvent

export const tools = (it: It) => {
  it.scoped("tools are called in order, the model hears what came of it, and the turn costs all of that", () =>
    Effect.gen(function* () {
      const { costs, hears, vendor } = yield* House
      const { listen } = yield* Parlour
      const calls: Array<unknown> = []
      const callTool: TurnInput["callTool"] = (...one) =>
        Effect.sync(() => ({ text: `kept ${calls.push(one)}`, isError: false }))
      const before = vendor.asked().length
      yield* vendor.performs([
        say("Wait."),
        call("memorize", { memory_entry: 'Bob said "tea"' }),
        call("memorize", { memory_entry: "and scones" }),
        say("Done.")
      ])

      const bill = makeBill()
      const heard = yield* listen("Keep that", { callTool, spend: bill.spend })

      deepStrictEqual(calls, [
        ["memorize", { memory_entry: 'Bob said "tea"' }],
        ["memorize", { memory_entry: "and scones" }]
      ])
      deepStrictEqual(heard.slice(0, -1), [
        TextDelta({ text: "Wait." }),
        ToolUse({ name: "memorize" }),
        ToolUse({ name: "memorize" }),
        TextDelta({ text: "Done." })
      ])
      assertEquals(vendor.asked().length - before, hears ? 2 : 1)
      if (hears) deepStrictEqual(vendor.asked().at(-1)?.results, ["kept 1", "kept 2"])
      deepStrictEqual({ ...bill.usage(), costUsd: null }, { ...costs(2, 2), costUsd: null })
    })
  )

  it.scoped("calls that share an id are both made, and told apart when they are answered", () =>
    Effect.gen(function* () {
      const { twins, vendor } = yield* House
      const { listen } = yield* Parlour
      let calls = 0
      yield* twins

      const heard = yield* listen("Keep that", {
        callTool: () => Effect.sync(() => ({ text: `kept ${++calls}`, isError: false }))
      })

      assertEquals(calls, 2)
      const answered = vendor.asked().at(-1)?.answered ?? []
      assertEquals(new Set(answered).size, answered.length)
      assertEquals(heard.at(-1)?._tag, "Done")
    })
  )

  it.scoped("a turn that is left while a tool is at work interrupts the tool, and the vendor has nothing to do", () =>
    Effect.gen(function* () {
      const { vendor } = yield* House
      const { ask, close } = yield* open()
      const begun = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<Exit.Exit<unknown>>()
      const callTool = () =>
        Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never).pipe(
          Effect.onExit((exit) => Deferred.succeed(ended, exit))
        )
      yield* vendor.performs([call("memorize", { memory_entry: "x" })])
      const turn = yield* Effect.fork(Stream.runDrain(ask("Keep that", { callTool })))
      yield* Deferred.await(begun)
      const before = vendor.asked().length

      yield* Fiber.interrupt(turn)
      assertTrue(Exit.isInterrupted(yield* Deferred.await(ended)))
      yield* close

      assertEquals(vendor.asked().length, before)
    })
  )
}
