import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect } from "effect"
import { gate, say } from "../../../../src/models/Providers/Scripted/Script.ts"
import { House } from "./House.ts"
import { converse, doneOf, open, spec, type It } from "./talk.ts"

export const memory = (it: It) => {
  it.scoped("a later session knows what an earlier one was told, and has the prompt of now", () =>
    Effect.gen(function* () {
      const { provider, vendor } = yield* House
      const known = yield* spec()
      const first = yield* open(known)
      yield* vendor.performs([say("Good evening, Bob.")])
      yield* first.listen("My name is Bob.")
      const last = yield* first.listen("It is late.")
      yield* first.close

      const resume = doneOf(last).sessionId
      assertEquals(resume === null, !provider.remembers)
      const later = yield* provider.open({ ...known, resume, systemPrompt: "You are Alice, older now." })
      const { listen } = yield* converse(later, first.history)
      yield* listen("Who am I?")

      const asked = vendor.asked().at(-1)
      const places = ["My name is Bob.", "It is late.", "Who am I?"].map((said) => asked?.told.indexOf(said) ?? -1)
      assertTrue(!places.includes(-1))
      deepStrictEqual(
        places,
        places.toSorted((one, other) => one - other)
      )
      assertTrue(asked?.system.includes("You are Alice, older now.") ?? false)
    })
  )

  it.scoped("two seats that speak at once know nothing of each other", () =>
    Effect.gen(function* () {
      const { vendor } = yield* House
      const [one, other] = yield* Effect.all(
        [
          open({ agentName: "ada", systemPrompt: "You are Ada." }),
          open({ agentName: "bo", systemPrompt: "You are Bo." })
        ],
        { concurrency: 2 }
      )
      const gates = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
      const turn = (talk: typeof one, text: string, open: Deferred.Deferred<void>, wait: Deferred.Deferred<void>) =>
        Effect.zipRight(
          vendor.performs([
            say(`${text}, begun`),
            gate(Deferred.succeed(open, undefined)),
            gate(Deferred.await(wait)),
            say("!")
          ]),
          talk.listen(text)
        )
      const from = vendor.asked().length

      // The second answer must have begun before the first can end.
      const answers = yield* Effect.all(
        [turn(one, "amber", gates[0], gates[1]), turn(other, "beech", gates[1], gates[0])],
        { concurrency: 2 }
      )

      for (const events of answers) assertEquals(events.at(-1)?._tag, "Done")
      const asked = vendor.asked().slice(from)
      assertEquals(asked.length, 2)
      for (const { system, told } of asked) {
        const isAda = system.includes("You are Ada.")
        assertEquals(system.includes("You are Bo."), !isAda)
        assertEquals(told.includes("amber"), isAda)
        assertEquals(told.includes("beech"), !isAda)
      }
    })
  )
}
