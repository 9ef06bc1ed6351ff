import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { login } from "../support/Caller.ts"
import { home, layer, query, serve, tamper, withPassword } from "../support/Process.ts"

/** What breaks the open round of a room, and why it ends then. */
const damages: Readonly<Record<string, readonly [(room: number) => string, RegExp]>> = {
  nothing: [() => "SELECT 1", /^(complete|max_rounds)$/],
  tape: [(room) => `UPDATE rounds SET tape = '[{' WHERE room_id = ${room}`, /^set_aside$/],
  trigger: [(room) => `UPDATE rounds SET "trigger" = 'x' WHERE room_id = ${room}`, /^set_aside$/],
  plan: [(room) => `UPDATE rounds SET planned_from = '[{}]' WHERE room_id = ${room}`, /^set_aside$/],
  policy: [(room) => `UPDATE rounds SET policy = 'whim' WHERE room_id = ${room}`, /^set_aside$/],
  settings: [(room) => `UPDATE rooms SET turn_policy = 'whim' WHERE id = ${room}`, /^set_aside$/],
  turn: [(room) => `UPDATE turns SET attempt = 'x' WHERE room_id = ${room}`, /^set_aside$/],
  speaker: [(room) => `UPDATE turns SET reason = 'whim' WHERE room_id = ${room}`, /^(complete|max_rounds)$/],
  message: [
    (room) => `UPDATE messages SET content = x'ff' WHERE room_id = ${room}`,
    /^(complete|everyone_skipped|max_rounds)$/
  ],
  images: [
    (room) => `UPDATE messages SET images = '{' WHERE room_id = ${room}`,
    /^(complete|everyone_skipped|max_rounds)$/
  ],
  events: [(room) => `UPDATE events SET body = '{' WHERE room_id = ${room}`, /^(complete|max_rounds)$/],
  session: [(room) => `UPDATE sessions SET tokens = 'x' WHERE room_id = ${room}`, /^(complete|max_rounds)$/]
}

describe("a server that finds broken rows at its start", () => {
  it.scopedLive(
    "opens its port, ends what cannot go on with its reason, and goes on with all else",
    () =>
      Effect.gen(function* () {
        const folder = yield* home
        const first = yield* serve(folder, { ...withPassword, SCRIPTED_PACE_MS: "10000" })
        const admin = yield* login(first.base)
        const { data: agents } = yield* admin.call("GET", "/agents")
        const rooms = yield* Effect.forEach(Object.keys(damages), (name) =>
          Effect.gen(function* () {
            const { data } = yield* admin.call("POST", "/rooms", { name, max_follow_ups: 0 })
            for (const { id } of agents.slice(0, 2)) yield* admin.call("POST", `/rooms/${data.id}/agents/${id}`)
            const stream = yield* admin.follow(data.id)
            yield* admin.call("POST", `/rooms/${data.id}/messages/send`, { content: "Hello" })
            yield* stream.sees(/event: stream_start/)
            return { id: Number(data.id), name }
          })
        )
        yield* first.signal("SIGKILL")
        yield* first.ended
        for (const { id, name } of rooms) yield* tamper(folder, damages[name]?.[0](id) ?? "")

        const second = yield* serve(folder)
        const { call, follow } = yield* login(second.base)
        // A room that cannot be read has no readers; it is not the last that is taken up.
        yield* Effect.forEach(
          rooms.filter(({ name }) => name !== "settings"),
          ({ id }) => Effect.flatMap(follow(id, "?after=0"), ({ sees }) => sees(/event: round_ended/)),
          { concurrency: "unbounded" }
        )
        const ends = yield* query(folder, "SELECT name, stop_reason FROM rounds JOIN rooms ON rooms.id = room_id")
        deepStrictEqual(
          ends.filter(({ name, stop_reason }) => !damages[name]?.[1].test(stop_reason)),
          []
        )
        deepStrictEqual(yield* query(folder, "SELECT id FROM turns WHERE outcome IS NULL"), [])
        const { data: listed } = yield* call("GET", "/rooms")
        assertTrue(rooms.every(({ name }) => listed.some((room: { name: string }) => room.name === name)))
        const { status } = yield* call("GET", "/messages/search?q=Hello")
        deepStrictEqual(status, 200)
        const plan = rooms.find(({ name }) => name === "tape")?.id ?? 0
        const again = yield* follow(plan)
        yield* call("POST", `/rooms/${plan}/continue`)
        yield* again.sees(/event: round_ended\ndata: .*"stop_reason":"(complete|max_rounds)"/)
      }).pipe(Effect.provide(layer)),
    120_000
  )
})
