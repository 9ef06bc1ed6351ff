import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import { inHouse, setup } from "../support/Duo.ts"
import * as Puppet from "../support/Puppet.ts"

describe("a round that is read", () => {
  const puppet = Puppet.make({
    act: (call) =>
      call.spec.agentName === "Ada"
        ? Stream.concat(Puppet.say("Something that is said and long enough."), Puppet.done())
        : Puppet.skip(call)
  })

  it.scopedLive("names the message that a turn has said, and none once the room was cleared", () =>
    inHouse(
      puppet,
      Effect.gen(function* () {
        const { clear, lastRound, messages, say, watch } = yield* setup
        yield* say("Who is there?")
        yield* watch.ended
        const said = (yield* messages).flatMap(({ agent_name, id }) => (agent_name === "Ada" ? [id] : []))
        const named = Effect.map(lastRound, ({ turns }) => turns.flatMap(({ message_id }) => message_id ?? []))

        const before = yield* named
        yield* clear
        const after = yield* named

        deepStrictEqual(before, said)
        deepStrictEqual(after, [])
      })
    )
  )
})
