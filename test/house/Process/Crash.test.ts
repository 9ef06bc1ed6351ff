import { describe, it } from "@effect/vitest"
import { assertFalse, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { login } from "../../support/Caller.ts"
import { home, layer, patience, query, serve, withPassword } from "../../support/Process.ts"

describe("a server that was killed", () => {
  it.scopedLive(
    "comes back with all it acknowledged, calls the cut turn interrupted, and its room talks on",
    () =>
      Effect.gen(function* () {
        const folder = yield* home
        const say = (content: string) => ({ content })
        // The name of a scripted session tells how many turns it knows.
        const sessions = Effect.map(
          query(folder, "SELECT agent_id, session_id FROM sessions WHERE room_id = 1 ORDER BY agent_id"),
          (rows) => rows.map(({ agent_id, session_id }) => [agent_id, Number(/\d+$/.exec(session_id)?.[0])])
        )

        const first = yield* serve(folder)
        const before = yield* login(first.base)
        const calm = yield* before.follow(1)
        yield* before.call("POST", "/rooms/1/messages/send", say("Hello"))
        yield* calm.sees(/event: round_ended/)
        yield* first.signal("SIGTERM")
        yield* first.ended
        const known = yield* sessions
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
        const [turn, ...others] = yield* query(folder, "SELECT id FROM turns WHERE outcome IS NULL")
        deepStrictEqual(others, [])

        const third = yield* serve(folder)
        const ended = yield* query(folder, `SELECT outcome FROM turns WHERE id = ${turn.id}`)
        deepStrictEqual(ended, [{ outcome: "interrupted" }])
        const stored = new Set((yield* query(folder, "SELECT id FROM messages")).map(({ id }) => id))
        deepStrictEqual(
          [asked.id, ...posts.map(({ data }) => data.id)].filter((id) => !stored.has(id)),
          []
        )

        const after = yield* login(third.base)
        const [round] = yield* query(folder, `SELECT id FROM rounds WHERE trigger ->> 'message_id' = ${asked.id}`)
        const log = yield* after.follow(1, "?after=0")
        yield* log.sees(new RegExp(`event: round_ended\\ndata: .*"round_id":${round.id},`))
        const tries = yield* query(
          folder,
          `SELECT attempt, outcome FROM turns WHERE agent_id = ${speaker} AND cell = 0 AND round_id = ${round.id}
           ORDER BY attempt`
        )
        deepStrictEqual(tries, [
          { attempt: 0, outcome: "interrupted" },
          { attempt: 1, outcome: "replied" }
        ])
        const anew = yield* after.follow(1)
        yield* after.call("POST", "/rooms/1/messages/send", say("Are you well?"))
        yield* anew.sees(/event: round_ended\ndata: .*"complete"|event: round_ended\ndata: .*"max_/)
        const settled = yield* query(
          folder,
          `SELECT agent_id, count(*) AS turns FROM turns
           WHERE room_id = 1 AND outcome IN ('replied', 'skipped') AND (agent_id <> ${speaker} OR id > ${turn.id})
           GROUP BY agent_id ORDER BY agent_id`
        )
        deepStrictEqual(
          yield* sessions,
          settled.map(({ agent_id, turns }) => [agent_id, turns])
        )
        assertFalse(
          (yield* query(folder, "SELECT id FROM messages WHERE role = 'assistant' AND id > " + asked.id)).length === 0
        )
      }).pipe(Effect.provide(layer)),
    patience
  )
})
