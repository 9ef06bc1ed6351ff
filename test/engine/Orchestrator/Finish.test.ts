import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Stream } from "effect"
import type { Finish } from "../../../src/domain/Finish.ts"
import { ProviderEvent } from "../../../src/domain/Provider.ts"
import { Crashed } from "../../../src/domain/ProviderError.ts"
import type { Outcome } from "../../../src/domain/Round.ts"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"
import { is } from "../../support/events.ts"

const alone = { Ada: "Ada builds clocks." }

const saying =
  (finish: Finish): Puppet.Act =>
  () =>
    Stream.concat(
      Puppet.say("Well."),
      Stream.make(ProviderEvent.Done({ sessionId: null, model: "puppet-1", finish, finishReason: "its word" }))
    )

const failing: Puppet.Act = () =>
  Stream.concat(Puppet.say("It is half past nine, as far as I can see"), Stream.fail(new Crashed({ reason: "odd" })))

const ways: ReadonlyArray<readonly [string, Puppet.Act, outcome: Outcome, finish: Finish | null]> = [
  ["ends of itself", saying("stop"), "replied", "stop"],
  ["comes to the limit of tokens", saying("length"), "replied", "length"],
  ["ends in a refusal", saying("refusal"), "replied", "refusal"],
  ["ends in an error", saying("error"), "replied", "error"],
  ["breaks off after some words", failing, "failed", "error"],
  ["is a skip", Puppet.skip, "skipped", null]
]

/** What the message, the event and the turn tell of how it ended. */
const told = Effect.fnUntraced(function* ({
  lastRound,
  messages,
  watch
}: Effect.Effect.Success<ReturnType<typeof room>>) {
  yield* watch.ended
  const [asked, answer] = yield* messages
  const [turn] = (yield* lastRound).turns
  const event = watch.seen.find(is("stream_end"))
  return {
    outcome: turn?.outcome,
    person: asked?.finish,
    message: answer?.finish ?? null,
    event: event?.finish,
    turn: turn?.finish
  }
})

describe("how an answer ended", () => {
  for (const [name, act, outcome, finish] of ways) {
    it.scopedLive(`is told of one that ${name}, by its message, its event and its turn`, () =>
      inHouse(
        Puppet.make({ act }),
        Effect.gen(function* () {
          const found = yield* room()
          yield* found.say("What time is it?")

          deepStrictEqual(yield* told(found), { outcome, person: null, message: finish, event: finish, turn: finish })
        }),
        { PROVIDER_PATIENCE_SECONDS: "1" },
        undefined,
        alone
      )
    )
  }

  it.scopedLive("is told of one that the room interrupts", () =>
    Effect.gen(function* () {
      const begun = yield* Deferred.make<void>()
      const puppet = Puppet.make({
        act: () =>
          Stream.concat(
            Puppet.say("Well."),
            Stream.fromEffect(Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never))
          )
      })
      yield* inHouse(
        puppet,
        Effect.gen(function* () {
          const found = yield* room()
          yield* found.say("What time is it?")
          yield* Deferred.await(begun)
          yield* found.pause

          deepStrictEqual(yield* told(found), {
            outcome: "interrupted",
            person: null,
            message: "interrupted",
            event: "interrupted",
            turn: "interrupted"
          })
        }),
        {},
        undefined,
        alone
      )
    })
  )
})
