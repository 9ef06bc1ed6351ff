import { describe, it } from "@effect/vitest"
import { assertMatch, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { client } from "../../support/Caller.ts"
import { attempt, home, layer, patience, serve } from "../../support/Process.ts"

describe.concurrent("hash-password", () => {
  it.scopedLive(
    "prints a hash with which the server lets in who knows the password",
    () =>
      Effect.gen(function* () {
        const folder = yield* home
        const hashed = yield* attempt(folder, {}, ["hash-password"], "a long, good one\n")
        const empty = yield* attempt(folder, {}, ["hash-password"], "")
        const endless = yield* attempt(folder, {}, ["hash-password"], "x".repeat(73))
        const short = yield* attempt(folder, {}, ["hash-password"], "seven77")
        strictEqual(hashed.stderr, "")
        assertMatch(short.stderr, /^parley: this password is short; one of 8 characters or more/)
        assertMatch(short.stdout, /^\$2b\$12\$\S{53}\n$/)
        assertMatch(hashed.stdout, /^\$2b\$12\$\S{53}\n$/)

        const server = yield* serve(folder, { API_KEY_HASH: hashed.stdout.trim() })
        const { call } = yield* client(server.base)
        const answer = yield* call("POST", "/auth/login", { password: "a long, good one" })

        strictEqual(answer.status, 200)
        assertMatch(empty.stderr, /^parley: this password cannot be used: it is empty$/m)
        assertMatch(endless.stderr, /73 bytes, and only 72 would count$/m)
        deepStrictEqual([empty.code, endless.code], [1, 1])
      }).pipe(Effect.provide(layer)),
    patience
  )
})
