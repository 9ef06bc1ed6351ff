import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Stream } from "effect"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

describe("while an agent speaks", () => {
  it.scopedLive("the next one's process starts, once that of the first has answered", () =>
    Effect.gen(function* () {
      const opened: Array<string> = []
      const make = Deferred.make<void>()
      const { answers, asked, ends, ready } = yield* Effect.all({ answers: make, asked: make, ends: make, ready: make })
      const wait = (gate: Deferred.Deferred<void>) => Stream.drain(Stream.fromEffect(Deferred.await(gate)))
      const puppet = Puppet.make({
        opening: ({ agentName }) =>
          Effect.suspend(() => {
            opened.push(agentName)
            return opened.length === 2 ? Deferred.succeed(ready, undefined) : Effect.void
          }),
        act: (call) => {
          if (call.number > 1) return Puppet.skip(call)
          const words = Puppet.say("Let me see, I would say that this is so.")
          const start = Stream.drain(Stream.fromEffect(Deferred.succeed(asked, undefined)))
          return Stream.concat(start, Stream.concat(wait(answers), Stream.concat(words, wait(ends)))).pipe(
            Stream.concat(Puppet.done("s1"))
          )
        }
      })
      yield* inHouse(
        puppet,
        Effect.gen(function* () {
          const { say, watch } = yield* room({ turn_policy: "round_robin" })
          yield* say("Hello?")
          yield* Deferred.await(asked)
          deepStrictEqual(opened, ["Ada"])
          yield* Deferred.succeed(answers, undefined)
          yield* Deferred.await(ready)
          deepStrictEqual([opened, puppet.calls.length], [["Ada", "Bo"], 1])
          yield* Deferred.succeed(ends, undefined)
          yield* watch.ended
          deepStrictEqual(opened, ["Ada", "Bo"])
        })
      )
    })
  )
})
