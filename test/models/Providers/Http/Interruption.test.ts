import { describe, it } from "@effect/vitest"
import { assertEquals } from "@effect/vitest/utils"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { input, spec } from "../../../support/ClaudeHouse.ts"
import { makeAnthropic, makeOpenAi } from "../../../support/HttpHouse.ts"
import * as Api from "../../../support/MessagesApi.ts"
import { turnOf } from "../../../support/turns.ts"

const phases = [
  ["before the head of the answer", Api.silence],
  ["before the first word", Api.headersOnly],
  ["in the middle", Api.answer(Api.text("One, ", Effect.never))],
  ["within an event", Api.answer(Api.text("One, ", Api.halfway))],
  ["just before the end", Api.almost(Api.text("One."))]
] as const

for (const [name, makeHouse] of [
  ["anthropic", makeAnthropic],
  ["openai", makeOpenAi]
] as const) {
  describe(`a turn of ${name} that is interrupted`, () => {
    for (const [when, reply] of phases) {
      it.scopedLive(`${when} leaves the endpoint at once`, () =>
        Effect.gen(function* () {
          const { api, provider } = yield* makeHouse()
          yield* api.reply(reply)
          const session = yield* provider.open(spec())
          const heard = yield* Deferred.make<void>()
          const turn = yield* turnOf(session, input("Count")).pipe(
            Stream.runForEach(() => Deferred.succeed(heard, undefined)),
            Effect.fork
          )
          const call = yield* api.next
          if (reply !== Api.silence && reply !== Api.headersOnly) yield* Deferred.await(heard)

          yield* Fiber.interrupt(turn)

          assertEquals(yield* Effect.timeout(Deferred.await(call.closed), "1 second"), false)
        })
      )
    }

    it.scopedLive("during a tool asks for nothing more, and the session's place is free", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.answer(Api.toolUse("memorize", '{"memory_entry":"a"}')))
        const session = yield* provider.open(spec())
        const called = yield* Deferred.make<void>()
        const hangs = () => Effect.zipRight(Deferred.succeed(called, undefined), Effect.never)
        const turn = yield* Effect.fork(Stream.runDrain(turnOf(session, input("Hi", hangs))))
        yield* Deferred.await(called)

        yield* Fiber.interrupt(turn)
        yield* Stream.runDrain(turnOf(session, input("Again")))

        assertEquals(api.calls.length, 2)
      })
    )
  })
}
