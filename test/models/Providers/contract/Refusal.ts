import { assertEquals, assertTrue } from "@effect/vitest/utils"
import { Array, Deferred, Effect, Stream } from "effect"
import {
  InvalidRequest,
  Overloaded,
  type ProviderError,
  RateLimited,
  Unauthorized
} from "../../../../src/domain/ProviderError.ts"
import { fail, garbage, gate, say, stop } from "../../../../src/models/Providers/Scripted/Script.ts"
import { stringify } from "../../../../src/lib/json.ts"
import { House } from "./House.ts"
import { open, type It } from "./talk.ts"

const errors: ReadonlyArray<ProviderError> = [
  new RateLimited({ retryAfterMs: 7000 }),
  new RateLimited({ retryAfterMs: null }),
  new Overloaded({ retryAfterMs: null }),
  new Unauthorized(),
  new InvalidRequest({ reason: "as scripted" })
]

const waitOf = (error: ProviderError) => ("retryAfterMs" in error ? error.retryAfterMs : null)

/** The error of a turn, for which the vendor was asked so often; each event of it is told. */
export const failing = Effect.fnUntraced(function* (requests = 1, heard: Effect.Effect<unknown> = Effect.void) {
  const { vendor } = yield* House
  const { ask, close } = yield* open()
  const before = vendor.asked().length
  const error = yield* Effect.flip(Stream.runForEach(ask("Go on"), () => heard))
  yield* close
  assertEquals(vendor.asked().length - before, requests)
  return error
})

export const refusal = (it: It) => {
  for (const error of errors) {
    const wait = waitOf(error)
    it.scoped(`${error._tag}${wait === null ? "" : " with a time to wait"} is told as that, and not asked again`, () =>
      Effect.gen(function* () {
        const { hearsWaits, triesWhenInvalid, vendor } = yield* House
        const tries = error._tag === "InvalidRequest" ? triesWhenInvalid : 1
        yield* vendor.performs(...Array.replicate([fail(error)], tries))

        const found = yield* failing(tries)

        assertEquals(found._tag, error._tag)
        const told = waitOf(found)
        // The client of a vendor may add a little of its own.
        const isKept = told === null ? !hearsWaits : wait !== null && told >= wait && told < wait + 2000
        assertTrue(wait === null || isKept, String(told))
        assertTrue(!stringify(found).includes("sk-test"))
      })
    )
  }
}

/** A gateway may hide from its clients that an answer was not whole. */
export const unfinished = (it: It) => {
  it.scoped("what cannot be read is Crashed, after one request", () =>
    Effect.gen(function* () {
      const { vendor } = yield* House
      const heard = yield* Deferred.make<void>()
      yield* vendor.performs([say("Once upon a"), gate(Deferred.await(heard)), garbage])

      assertEquals((yield* failing(1, Deferred.succeed(heard, undefined)))._tag, "Crashed")
    })
  )

  // The turn fails, or its stream ends without `Done`.
  it.scoped("an answer that ends without saying so is not taken for one that ended well", () =>
    Effect.gen(function* () {
      const { vendor } = yield* House
      const { listen } = yield* open()
      yield* vendor.performs([say("Once upon a"), stop])

      const heard = yield* Effect.either(listen("Go on"))

      if (heard._tag === "Left") assertEquals(heard.left._tag, "Crashed")
      else assertTrue(heard.right.every(({ _tag }) => _tag !== "Done"))
    })
  )
}
