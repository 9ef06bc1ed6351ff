import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { login } from "../support/Caller.ts"
import { home, layer, query, serve, withPassword } from "../support/Process.ts"

const seats = Array.from({ length: 20 }, (_, at) => `Speaker${at}`)
const long = "All work and no play makes Jack a dull boy. ".repeat(2270)

/** Thirty megabytes of what a person said. */
const document = {
  format: "parley.room",
  version: 1,
  exported_at: "2026-01-01T00:00:00.000Z",
  room: {
    name: "heavy",
    turn_policy: "concurrent",
    max_follow_ups: 0,
    is_paused: false,
    default_provider: "scripted",
    default_model: null,
    created_at: "2026-01-01T00:00:00.000Z",
    last_activity_at: null
  },
  agents: seats.map((name) => ({ name, group: null, joined_at: "2026-01-01T00:00:00.000Z", joined_after: 0 })),
  messages: Array.from({ length: 300 }, (_, at) => ({
    id: at + 1,
    role: "user",
    agent_name: null,
    participant_type: "user",
    participant_name: null,
    content: `${at} ${long}`,
    thinking: null,
    provider: null,
    partial: false,
    timestamp: "2026-01-01T00:00:00.000Z",
    images: []
  }))
}

describe("a room of thirty megabytes in which twenty agents answer at once", () => {
  it.scopedLive(
    "is answered by a server with a heap of 400, which tells each what fits into CONTEXT_BYTES",
    () =>
      Effect.gen(function* () {
        const folder = yield* home
        const fs = yield* FileSystem.FileSystem
        for (const name of seats) {
          yield* fs.makeDirectory(`${folder}/agents/${name}`, { recursive: true })
          yield* fs.writeFileString(`${folder}/agents/${name}/in_a_nutshell.md`, `${name} is here.`)
        }
        const server = yield* serve(folder, {
          ...withPassword,
          AGENTS_DIR: `${folder}/agents`,
          NODE_OPTIONS: "--max-old-space-size=400"
        })
        const { call, follow } = yield* login(server.base)
        const imported = yield* call("POST", "/rooms/import", document)
        strictEqual(imported.status, 200)
        const room = Number(imported.data.room_id)
        const stream = yield* follow(room)
        yield* call("POST", `/rooms/${room}/messages/send`, { content: "What do you make of it?" })
        yield* Effect.raceFirst(
          stream.sees(/event: round_ended/),
          Effect.flip(Effect.flatMap(server.ended, Effect.fail))
        )
        const ends = yield* query(
          folder,
          `SELECT stop_reason, stop_detail, outcome, count(*) AS n FROM turns t JOIN rounds r ON r.id = t.round_id
           WHERE t.room_id = ${room} GROUP BY 1, 2, 3`
        )
        deepStrictEqual(ends, [{ stop_reason: "max_rounds", stop_detail: null, outcome: "replied", n: 20 }])
        const [held] = yield* query(folder, "SELECT max(reserved_tokens) AS tokens FROM turns")
        assertTrue(held.tokens < 300_000, `${held.tokens} tokens`)
      }).pipe(Effect.provide(layer)),
    120_000
  )
})
