import { assertEquals, assertTrue } from "@effect/vitest/utils"
import { Deferred, Duration, Effect, Fiber, Stream } from "effect"
import { hang, say, type Script } from "../../../../src/models/Providers/Scripted/Script.ts"
import { House } from "./House.ts"
import { open, type It } from "./talk.ts"

const moments: ReadonlyArray<readonly [string, Script]> = [
  ["before the first token", [hang]],
  ["in the middle", [say("Once upon a time"), hang]]
]

const newest = Effect.flatMap(House, ({ vendor }) =>
  Effect.flatMap(
    Effect.sync(() => vendor.asked().at(-1)),
    Effect.fromNullable
  )
)

/** Begins a turn and returns when the vendor is at work and all that it says first was heard. */
const begin = Effect.fnUntraced(function* ({ ask }: Effect.Effect.Success<ReturnType<typeof open>>, script: Script) {
  const { vendor } = yield* House
  const heard = yield* Deferred.make<void>()
  const before = vendor.asked().length
  yield* vendor.performs(script)
  const turn = yield* Effect.fork(Stream.runForEach(ask("Go on"), () => Deferred.succeed(heard, undefined)))
  if (script.length > 1) yield* Deferred.await(heard)
  yield* Effect.repeat(Effect.sleep(1), { until: () => vendor.asked().length > before })
  return turn
})

export const leaving = (it: It) => {
  for (const [name, script] of moments) {
    it.scoped(`a turn that is left ${name} leaves the vendor at once`, () =>
      Effect.gen(function* () {
        const talk = yield* open()
        const turn = yield* begin(talk, script)
        const { over } = yield* newest

        const [took] = yield* Effect.timed(Effect.zipRight(Fiber.interrupt(turn), over))

        assertEquals(yield* over, false)
        // A room is promised 100 ms; a busy machine may add to them, a timer somewhere would add more.
        assertTrue(Duration.toMillis(took) < 500, `${took}`)

        // A spent session refuses, or begins anew as if there had been nothing: never something between.
        const again = yield* Effect.exit(talk.listen("And now?"))
        if (again._tag === "Success") assertEquals(again.value.at(-1)?._tag, "Done")
        else assertEquals(again.cause._tag === "Fail" ? again.cause.error._tag : again.cause._tag, "Crashed")
      })
    )
  }

  it.scoped("a session that is closed while it streams ends its turn and leaves nothing", () =>
    Effect.gen(function* () {
      const { processes } = yield* House
      const before = yield* processes
      const talk = yield* open()
      const turn = yield* begin(talk, [say("Once upon a time"), hang])
      const { over } = yield* newest

      yield* talk.close
      yield* Fiber.interrupt(turn)

      assertEquals(yield* over, false)
      assertEquals(yield* processes, before)
    })
  )

  it.scoped("a session may be closed twice, and without a turn", () =>
    Effect.gen(function* () {
      const { processes } = yield* House
      const before = yield* processes
      const { close } = yield* open()

      yield* close
      yield* close

      assertEquals(yield* processes, before)
    })
  )
}
