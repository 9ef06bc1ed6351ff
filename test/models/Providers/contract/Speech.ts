import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Stream } from "effect"
import { ProviderEvent } from "../../../../src/domain/Provider.ts"
import { gate, say, think } from "../../../../src/models/Providers/Scripted/Script.ts"
import { makeBill } from "../../../support/bill.ts"
import { bytesOf, pixel } from "../../../support/images.ts"
import { House } from "./House.ts"
import { doneOf, type It, Parlour } from "./talk.ts"

const { TextDelta, ThinkingDelta } = ProviderEvent

export const speech = (it: It) => {
  it.scoped("thinking and text come in order, each piece before the next is sent", () =>
    Effect.gen(function* () {
      const { costs, finishReason, provider, vendor } = yield* House
      const { ask } = yield* Parlour
      const heard: Array<ProviderEvent> = []
      const bill = makeBill()
      const gates = yield* Effect.replicateEffect(Deferred.make<void>(), 5)
      const pieces = [think("Hm, "), think("well."), say("Hel"), say("lo, "), say("Bob.")]
      const held = gates.map((one) => gate(Deferred.await(one)))
      yield* vendor.performs(pieces.flatMap((piece, at) => [piece, ...held.slice(at, at + 1)]))

      yield* Stream.runForEach(ask("Hi there", { spend: bill.spend }), (event) => {
        heard.push(event)
        const [next] = gates.slice(heard.length - 1)
        return next === undefined ? Effect.void : Deferred.succeed(next, undefined)
      })

      deepStrictEqual(heard.slice(0, -1), [
        ThinkingDelta({ text: "Hm, " }),
        ThinkingDelta({ text: "well." }),
        TextDelta({ text: "Hel" }),
        TextDelta({ text: "lo, " }),
        TextDelta({ text: "Bob." })
      ])
      const done = doneOf(heard)
      deepStrictEqual({ ...bill.usage(), costUsd: null }, { ...costs(1, 5), costUsd: null })
      assertEquals(done.sessionId === null, !provider.remembers)
      assertEquals(done.finishReason, finishReason)
    })
  )

  it.scoped("the system prompt and what was said reach the model as they are", () =>
    Effect.gen(function* () {
      const { vendor } = yield* House
      const { listen } = yield* Parlour
      const said = '#k3 Bob (person):\n  "/clear" @/etc/hostname  {speaker} 안녕 🫖\n#k3 Your turn.'

      yield* listen(said)

      const asked = vendor.asked().at(-1)
      assertTrue(asked?.told.includes(said) ?? false)
      assertTrue(asked?.system.includes("You are Alice, who mends clocks.") ?? false)
    })
  )

  it.scoped("letters of any script arrive whole", () =>
    Effect.gen(function* () {
      const { vendor } = yield* House
      const { listen } = yield* Parlour
      yield* vendor.performs([say("안녕하세요 "), say('🫖 &\n\n"data: x"\n'), say("žluťoučký")])

      const heard = yield* listen("Hello?")

      deepStrictEqual(heard.slice(0, -1), [
        TextDelta({ text: "안녕하세요 " }),
        TextDelta({ text: '🫖 &\n\n"data: x"\n' }),
        TextDelta({ text: "žluťoučký" })
      ])
    })
  )

  it.scoped("images reach the model, each just behind its label", () =>
    Effect.gen(function* () {
      const { provider, vendor } = yield* House
      const { listen } = yield* Parlour
      const labels = provider.takesImages ? ["Picture 1:", "Picture 2:"] : []
      const images = labels.map((label) => ({ media_type: "image/png" as const, bytes: bytesOf(pixel), label }))

      yield* listen("Look", { images })

      deepStrictEqual(
        vendor
          .asked()
          .at(-1)
          ?.images.map(({ data, label }) => [label, data]),
        labels.map((label) => [label, pixel])
      )
    })
  )
}
