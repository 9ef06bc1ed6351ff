import { assertEquals, assertTrue } from "@effect/vitest/utils"
import { Array, Effect } from "effect"
import {
  InvalidRequest,
  Overloaded,
  type ProviderError,
  RateLimited,
  Unauthorized
} from "../../../src/domain/Provider.ts"
import { fail, garbage, say, stop } from "../../../src/Providers/Scripted/Script.ts"
import { stringify } from "../../../src/lib/json.ts"
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

/** The error of a turn, for which the vendor was asked once, or as often as a client in between adapts its request. */
const failingAfter = Effect.fnUntraced(function* (requests: number) {
  const { vendor } = yield* House
  const { close, listen } = yield* open()
  const before = vendor.asked().length
  const error = yield* Effect.flip(listen("Go on"))
  yield* close
  assertEquals(vendor.asked().length - before, requests)
  return error
})

const failing = failingAfter(1)

export const refusal = (it: It) => {
  for (const error of errors) {
    const wait = waitOf(error)
    it.scoped(`${error._tag}${wait === null ? "" : " with a time to wait"} is told as that, after one request`, () =>
      Effect.gen(function* () {
        const { isBetween, vendor } = yield* House
        const requests = isBetween && error._tag === "InvalidRequest" ? 3 : 1
        yield* vendor.performs(...Array.makeBy(requests, () => [fail(error)]))

        const found = yield* failingAfter(requests)

        assertEquals(found._tag, error._tag)
        const found0 = waitOf(found)
        // A client of the vendor's own may add a little of its own.
        if (wait !== null) assertTrue(found0 !== null && found0 >= wait && found0 < wait + 2000, String(found0))
        assertTrue(!stringify(found).includes("sk-test"))
      })
    )
  }

  it.scoped("what cannot be read is Crashed, after one request", () =>
    Effect.gen(function* () {
      const { isBetween, vendor } = yield* House
      yield* vendor.performs([garbage])

      assertEquals((yield* failing)._tag, isBetween ? "Overloaded" : "Crashed")
    })
  )
}

/** An answer without an end is no answer: the turn fails, or its stream ends without `Done`. */
export const stopping = (it: It) =>
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

/** The faults of a wire. */
export const faults = (it: It) =>
  it.scoped("each fault of the wire is the error that it is, after one request, and leaves nothing open", () =>
    Effect.gen(function* () {
      const { faults, vendor } = yield* House
      for (const { becomes, happen, name } of faults) {
        yield* happen
        const error = yield* failing
        assertTrue(becomes.includes(error._tag), `${name}: ${stringify(error)}`)
        assertTrue(!stringify(error).includes("sk-test"), name)
        yield* Effect.fromNullable(vendor.asked().at(-1)).pipe(
          Effect.flatMap(({ over }) => over),
          Effect.timeoutFail({ duration: "2 seconds", onTimeout: () => `${name}: the connection stays open` })
        )
      }
    })
  )
