import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { login } from "../support/Caller.ts"
import { home, layer, query, repository, serve, tamper, withPassword } from "../support/Process.ts"

const dying = (pattern: string, params: ReadonlyArray<unknown>) => ({
  ...withPassword,
  NODE_OPTIONS: `--import ${repository}/test/support/deadly.mjs`,
  DEADLY_STATEMENT: pattern,
  DEADLY_PARAMS: JSON.stringify(params)
})

/** Two rooms with three agents each; slow words keep a round under way for some seconds. */
const setup = Effect.gen(function* () {
  const folder = yield* home
  const first = yield* serve(folder)
  const admin = yield* login(first.base)
  const { data: agents } = yield* admin.call("GET", "/agents")
  const furnish = Effect.fn(function* (name: string) {
    const { data } = yield* admin.call("POST", "/rooms", { name, turn_policy: "round_robin", max_follow_ups: 0 })
    for (const { id } of agents.slice(0, 3)) yield* admin.call("POST", `/rooms/${data.id}/agents/${id}`)
    return Number(data.id)
  })
  const innocent = yield* furnish("innocent")
  // A number that nothing else has.
  yield* tamper(folder, "UPDATE sqlite_sequence SET seq = 776 WHERE name = 'rooms'")
  const guilty = yield* furnish("guilty")
  yield* first.signal("SIGTERM")
  yield* first.ended
  return { folder, guilty, innocent }
})

const say = (server: { readonly base: string }, room: number, content: string) =>
  Effect.flatMap(login(server.base), ({ call }) => call("POST", `/rooms/${room}/messages/send`, { content }))

const stages = [
  ["its prompt is built", "<> 'system'", (room: number) => [room]],
  ["a turn of it begins", "INSERT INTO turns", (room: number) => [room]],
  ["a turn of it is settled", "INSERT INTO messages", (room: number) => [room, "assistant"]],
  ["its plan is read", `SELECT \\* FROM rounds`, () => [2]]
] as const

describe("a round that ends the server", () => {
  for (const [when, pattern, params] of stages) {
    it.scopedLive(`when ${when} is set aside after two tries, harms no other room, and is tried again on demand`, () =>
      Effect.gen(function* () {
        const { folder, guilty, innocent } = yield* setup
        const settings = { ...dying(pattern, params(guilty)), SCRIPTED_PACE_MS: "100" }

        const first = yield* serve(folder, settings)
        yield* say(first, innocent, "Good morning")
        yield* Effect.ignore(say(first, guilty, "Good evening"))
        strictEqual((yield* first.ended).signal, "SIGKILL")
        // It opens its port, and goes on with the rooms one after the other until it comes to the guilty one.
        const second = yield* serve(folder, settings)
        strictEqual((yield* second.ended).signal, "SIGKILL")

        const third = yield* serve(folder, settings)
        const admin = yield* login(third.base)
        const rounds = yield* query(folder, `SELECT stop_reason, stop_detail FROM rounds WHERE room_id = ${guilty}`)
        deepStrictEqual(rounds, [{ stop_reason: "set_aside", stop_detail: "Two tries at it have ended the server" }])
        const told = yield* admin.follow(guilty, "?after=0")
        yield* told.sees(/event: round_ended\ndata: .*"stop_reason":"set_aside","stop_detail":"Two tries/)
        const other = yield* admin.follow(innocent, "?after=0")
        yield* other.sees(/event: round_ended\ndata: .*"stop_reason":"(complete|max_rounds)"/)
        yield* third.signal("SIGTERM")
        yield* third.ended

        const fourth = yield* serve(folder)
        const { call, follow } = yield* login(fourth.base)
        const again = yield* follow(guilty)
        const { data, status } = yield* call("POST", `/rooms/${guilty}/continue`)
        deepStrictEqual([status, data.kind], [200, "message"])
        yield* again.sees(/event: round_ended\ndata: .*"stop_reason":"(complete|max_rounds)"/)
        const { data: said } = yield* call("GET", `/rooms/${guilty}/messages`)
        strictEqual(said[0].content, "Good evening")
        assertTrue(said.length > 1)
      }).pipe(Effect.provide(layer))
    )
  }

  it.scopedLive("is innocent of an end in good order, and of a death after a turn of it was settled", () =>
    Effect.gen(function* () {
      const { folder, innocent } = yield* setup
      const live = Effect.fn(function* (until: RegExp, signal: NodeJS.Signals) {
        const server = yield* serve(folder, { ...withPassword, SCRIPTED_PACE_MS: "300" })
        const rounds = yield* query(folder, `SELECT id FROM rounds WHERE room_id = ${innocent}`)
        if (rounds.length === 0) yield* say(server, innocent, "Good morning")
        const { follow } = yield* login(server.base)
        const reader = yield* follow(innocent)
        yield* reader.sees(until)
        yield* server.signal(signal)
        yield* server.ended
        const [round] = yield* query(folder, `SELECT stop_reason, tries FROM rounds WHERE room_id = ${innocent}`)
        return [round.stop_reason, round.tries]
      }, Effect.scoped)

      deepStrictEqual(yield* live(/event: stream_start/, "SIGTERM"), [null, 0])
      deepStrictEqual(yield* live(/event: stream_start/, "SIGKILL"), [null, 1])
      deepStrictEqual(yield* live(/event: stream_end/, "SIGKILL"), [null, 1])
      const [reason] = yield* live(/event: round_ended/, "SIGTERM")
      assertTrue(["complete", "max_rounds"].includes(reason))
    }).pipe(Effect.provide(layer))
  )
})
