import { describe, it } from "@effect/vitest"
import { assertFalse, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { login } from "../support/Caller.ts"
import { home, layer, patience, query, serve, withPassword } from "../support/Process.ts"

describe("a server that was killed", () => {
  it.scopedLive(
    "comes back with all it acknowledged, calls the cut turn interrupted, and its room talks on",
    () =>
      Effect.gen(function* () {
        const folder = yield* home
        const say = (content: string) => ({ content })
        const seats = query(folder, "SELECT agent_id FROM sessions ORDER BY agent_id")

        const first = yield* serve(folder)
        const before = yield* login(first.base)
        const calm = yield* before.follow(1)
        yield* before.call("POST", "/rooms/1/messages/send", say("Hello"))
        yield* calm.sees(/event: round_ended/)
        yield* first.signal("SIGTERM")
        yield* first.ended
        const known = yield* seats
        strictEqual(known.length, 3)

        const doomed = yield* serve(folder, { ...withPassword, SCRIPTED_PACE_MS: "10000" })
        const during = yield* login(doomed.base)
        const cut = yield* during.follow(1)
        const { data: asked } = yield* during.call("POST", "/rooms/1/messages/send", say("And now?"))
        const [, speaker] = yield* cut.sees(/event: stream_start\ndata: .*?"agent_id":(\d+)/)
        const { data: other } = yield* during.call("POST", "/rooms", { name: "Another" })
        const posts = yield* Effect.replicateEffect(
          during.call("POST", `/rooms/${other.id}/messages/send`, say("Hi")),
          20
        )
        yield* doomed.signal("SIGKILL")
        strictEqual((yield* doomed.ended).signal, "SIGKILL")
        const open = "SELECT outcome FROM turns WHERE outcome IS NULL OR outcome = 'interrupted'"
        deepStrictEqual(yield* query(folder, open), [{ outcome: null }])

        const third = yield* serve(folder)
        deepStrictEqual(yield* query(folder, open), [{ outcome: "interrupted" }])
        deepStrictEqual(yield* query(folder, "SELECT id FROM rounds WHERE ended_at IS NULL"), [])
        const stored = new Set((yield* query(folder, "SELECT id FROM messages")).map(({ id }) => id))
        deepStrictEqual(
          [asked.id, ...posts.map(({ data }) => data.id)].filter((id) => !stored.has(id)),
          []
        )
        deepStrictEqual(
          yield* seats,
          known.filter(({ agent_id }) => agent_id !== Number(speaker))
        )

        const after = yield* login(third.base)
        const anew = yield* after.follow(1)
        yield* after.call("POST", "/rooms/1/messages/send", say("Are you well?"))
        yield* anew.sees(/event: round_ended\ndata: .*"complete"|event: round_ended\ndata: .*"max_/)
        deepStrictEqual(yield* seats, known)
        assertFalse(
          (yield* query(folder, "SELECT id FROM messages WHERE role = 'assistant' AND id > " + asked.id)).length === 0
        )
      }).pipe(Effect.provide(layer)),
    patience
  )
})
