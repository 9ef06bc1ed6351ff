import { assertEquals, assertTrue } from "@effect/vitest/utils"
import { Effect } from "effect"
import { hear } from "../../../../src/models/Deadlines.ts"
import { stringify } from "../../../../src/lib/json.ts"
import { House } from "./House.ts"
import { failing } from "./Refusal.ts"
import { type It, open } from "./talk.ts"
import { pulled } from "../../../support/turns.ts"

/** How the newest request ended; fails when the vendor is still at work. */
const left = (name: string) =>
  Effect.flatMap(House, ({ vendor }) =>
    Effect.fromNullable(vendor.asked().at(-1)).pipe(
      Effect.flatMap(({ over }) => over),
      Effect.timeoutFail({ duration: "2 seconds", onTimeout: () => `${name}: the connection stays open` })
    )
  )

const limits = { firstTokenMs: 300, idleMs: 200, totalMs: 5000 }

export const faults = (it: It) => {
  it.scoped("each fault of the wire is the error that it is, after one request, and leaves nothing open", () =>
    Effect.gen(function* () {
      const { faults } = yield* House
      for (const { becomes, happen, name } of faults) {
        yield* happen
        const error = yield* failing()
        assertTrue(becomes.includes(error._tag), `${name}: ${stringify(error)}`)
        assertTrue(!stringify(error).includes("sk-test"), name)
        yield* left(name)
      }
    })
  )

  it.scoped("a vendor that falls silent at any point of its answer is left at the deadline", () =>
    Effect.gen(function* () {
      const { silences } = yield* House
      for (const { becomes, happen, name } of silences) {
        yield* happen
        const { ask, close } = yield* open()
        const error = yield* Effect.flip(hear(limits)(pulled(ask("Go on")), () => null))
        assertTrue(becomes.includes(error._tag), `${name}: ${stringify(error)}`)
        assertEquals(yield* left(name), false)
        yield* close
      }
    })
  )
}
