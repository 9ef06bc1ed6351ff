import { FileSystem } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Record, Struct } from "effect"
import type { Refused } from "../../src/client/client.ts"
import { at } from "../support/at.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import { lists as contract } from "../support/lists.ts"
import * as Statements from "../support/Statements.ts"

const names = ["Ada", "Bo", "Cy", "Di", "Eli", "Fay", "Gus"]
const statements = Statements.make()
const house = House.shared({ agents: Object.fromEntries(names.map((name) => [name, `${name} is here.`])) }).pipe(
  Layer.provide(statements.layer)
)

type Page = Readonly<Partial<Record<"after" | "before" | "limit", number>>>

/** The ids of a page of each list. */
const listsOf = (ask: Client.Ask, room_id: number) => {
  const path = { room_id }
  const all = {
    rooms: (urlParams: Page) => ask(({ rooms }) => rooms.list({ urlParams })),
    agents: (urlParams: Page) => ask(({ agents }) => agents.list({ urlParams })),
    roster: (urlParams: Page) => ask(({ rooms }) => rooms.roster({ path, urlParams })),
    messages: (urlParams: Page) => ask(({ messages }) => messages.list({ path, urlParams })),
    critiques: (urlParams: Page) => ask(({ rounds }) => rounds.critiques({ path, urlParams })),
    rounds: (urlParams: Page) => ask(({ rounds }) => rounds.list({ path, urlParams }))
  }
  return Record.map(
    all,
    (list: (page: Page) => Effect.Effect<ReadonlyArray<{ readonly id: number }>, Refused>) => (page: Page) =>
      Effect.map(list(page), (members) => members.map(({ id }) => id))
  )
}

/**
 * Five rooms with the same activity in pairs, one of them read, the oldest with all agents, some rounds and critiques.
 */
const setup = Effect.gen(function* () {
  const guest = yield* Client.guest
  const sql = yield* SqlClient.SqlClient
  const { ask } = guest
  const agents = yield* ask((parley) => parley.agents.list())
  const made = yield* Effect.forEach(["a", "b", "c", "d", "e"], (name) =>
    ask(({ rooms: all }) => all.create({ payload: { name } }))
  )
  const rooms = made.map(({ id }) => id)
  yield* ask(({ rooms: all }) => all.markRead({ path: { room_id: rooms[3] ?? 0 } }))
  const at = (number: number) => `2026-01-01T00:00:0${number}.000Z`
  yield* Effect.forEach(
    rooms,
    (id, index) => sql`UPDATE rooms SET last_activity_at = ${at(Math.floor(index / 2))} WHERE id = ${id}`
  )
  const [room = 0] = rooms
  for (const { id } of agents) {
    yield* sql`
      INSERT INTO room_agents (room_id, agent_id, joined_at, joined_after)
      VALUES (${room}, ${id}, ${at(id % 3)}, 0)`
  }
  for (let number = 0; number < 5; number++) {
    const [round] = yield* sql`
      INSERT INTO rounds (room_id, "trigger", policy, seed, tape, started_at, ended_at, stop_reason)
      VALUES (${room}, '{"kind":"continue","cause":null}', 'priority', 1, '[]', ${at(1)}, ${at(2)}, 'no_agents')
      RETURNING id`
    yield* sql`
      INSERT INTO critiques (room_id, round_id, agent_name, content, provider, partial, timestamp)
      VALUES (${room}, ${round?.["id"] ?? 0}, 'Critic', 'Hm.', 'puppet', 0, ${at(3)})`
    yield* sql`
      INSERT INTO messages (room_id, role, content, timestamp)
      VALUES (${room}, 'user', ${`here is ${number}`}, ${at(3)})`
  }
  return { ...guest, lists: listsOf(ask, room), room }
})

/** Three files as the Claude client leaves them. */
const transcripts = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const sql = yield* SqlClient.SqlClient
  const [main] = yield* sql<{ readonly file: string }>`PRAGMA database_list`
  const folder = `${main?.file.replace(/[^/]*$/, "")}claude/config/projects/house`
  yield* fs.makeDirectory(folder, { recursive: true })
  yield* Effect.forEach(["one", "two", "three"], (name) => fs.writeFileString(`${folder}/${name}.jsonl`, "{}\n"))
})

layer(house, { excludeTestServices: true })("Paging", (it) => {
  it.effect("every list is read through by pages, forth and back, each member once and in its place", () =>
    Effect.gen(function* () {
      const { lists } = yield* setup

      for (const [name, ids] of Object.entries(lists)) {
        const whole = yield* ids({ limit: 1000 })
        // Of what has a time, `after` is later; of the others, it is further down.
        const forth = name === "rounds" ? "before" : "after"
        const back = name === "rounds" ? "after" : "before"
        for (const size of [1, 2, 3]) {
          const down: Array<number> = []
          const up: Array<number> = []
          const start = name === "messages" || name === "critiques" ? { after: 0 } : {}
          for (let page = yield* ids({ limit: size, ...start }); page.length > 0;) {
            down.push(...page)
            page = yield* ids({ limit: size, [forth]: page.at(-1) })
          }
          for (let page = whole.slice(-1); page.length > 0;) {
            up.unshift(...page)
            page = yield* ids({ limit: size, [back]: page[0] })
          }
          deepStrictEqual([name, down, up], [name, whole, whole])
        }
        assertTrue(whole.length >= 5, name)
      }
    })
  )

  it.effect("between two cursors there is what lies between them", () =>
    Effect.gen(function* () {
      const { lists } = yield* setup

      for (const ids of Object.values(Struct.omit(lists, "rounds"))) {
        const whole = yield* ids({ limit: 1000 })
        deepStrictEqual(yield* ids({ after: whole[0] ?? 0, before: whole[3] ?? 0 }), whole.slice(1, 3))
      }
    })
  )

  it.effect("a cursor that is gone, or is another's, has nothing on either side", () =>
    Effect.gen(function* () {
      const { lists } = yield* setup
      const { room: anothers } = yield* setup

      for (const [ids, cursor] of [
        [lists.rooms, 999999],
        [lists.agents, 999999],
        [lists.roster, 999999],
        [lists.rooms, anothers]
      ] as const) {
        deepStrictEqual(yield* Effect.all([ids({ after: cursor }), ids({ before: cursor })]), [[], []])
      }
    })
  )

  it.effect("every list takes a limit, but for those whose length the house bounds", () =>
    Effect.sync(() => {
      deepStrictEqual(
        contract.filter(({ takes }) => !takes.includes("limit")).map(({ path }) => path),
        [
          // The providers, and the seats of one room, round or pool.
          "/auth/health/pool",
          "/providers",
          "/rooms/{room_id}",
          "/rooms/{room_id}/messages/poll",
          "/rooms/{room_id}/chatting-agents",
          // The whole room, written as it is read.
          "/rooms/{room_id}/export",
          "/rooms/{room_id}/rounds/{round_id}",
          "/rooms/{room_id}/usage",
          "/agents/{agent_id}/direct-room",
          "/admin/status",
          "/admin/scheduler",
          "/admin/pool"
        ]
      )
    })
  )

  it.effect("a page is as large as asked for, from one to a thousand", () =>
    Effect.gen(function* () {
      const { room } = yield* setup
      const { json } = yield* Client.make
      yield* transcripts
      const sizeOf = (data: unknown) => Object.values(Object(data)).length

      // In plain HTTP, for they are asked as the contract names them, and for limits that are no numbers.
      for (const { path } of contract.filter(({ takes }) => takes.includes("limit"))) {
        const query = path.endsWith("/search") ? "q=here&" : ""
        const get = (limit: string) => json("GET", `${path.replace("{room_id}", `${room}`)}?${query}limit=${limit}`)
        const refused = yield* Effect.forEach(["0", "-1", "1001", "1e9", "x", "1.5", "", "1&limit=2"], (limit) =>
          Effect.map(get(limit), ({ status }) => status)
        )
        const sizes = yield* Effect.forEach(["1", "2", "1000"], (limit) =>
          Effect.map(get(limit), ({ data }) =>
            sizeOf(at(data, "hits") ?? at(data, "configs") ?? at(data, "conversations") ?? data)
          )
        )
        deepStrictEqual([path, ...refused], [path, 400, 400, 400, 400, 400, 400, 400, 400])
        deepStrictEqual([path, ...sizes.slice(0, 2), (sizes[2] ?? 0) > 2], [path, 1, 2, true])
      }
    })
  )

  it.effect("an index leads to every page, and nothing of a list is sorted to cut a page out of it", () =>
    Effect.gen(function* () {
      const { lists, room } = yield* setup
      const { ask } = yield* Client.make
      const sql = yield* SqlClient.SqlClient
      const asAdmin = listsOf(ask, room)
      const read = (cursor: (id: number) => Page) =>
        Effect.forEach(Struct.keys(lists), (name) =>
          Effect.flatMap(lists[name]({}), (whole) => {
            const page = { limit: 2, ...cursor(whole[2] ?? 0) }
            return Effect.zipRight(lists[name](page), asAdmin[name](page))
          })
        )

      const { statements: run } = yield* statements.during(
        Effect.all([read(() => ({})), read((after) => ({ after })), read((before) => ({ before }))])
      )
      const lines = yield* Effect.forEach(
        run.filter(({ sql: text }) => /^\s*SELECT/.test(text) && /LIMIT/.test(text)),
        ({ params, sql: text }) =>
          Effect.map(sql.unsafe<{ readonly detail: string }>(`EXPLAIN QUERY PLAN ${text}`, params), (steps) => ({
            text,
            steps: steps.map(({ detail }) => detail)
          }))
      )

      const faults = lines.filter(
        ({ steps, text }) =>
          steps.some((step) => /^SCAN (agents|room_agents|messages|rounds|critiques)\b(?! USING INDEX)/.test(step)) ||
          // Once cut out, a page of rooms is sorted again.
          (!text.includes("has_unread") && steps.some((step) => step.includes("TEMP B-TREE"))) ||
          (text.includes("has_unread") && !steps.some((step) => /rooms USING INDEX rooms_(owner_)?activity/.test(step)))
      )
      deepStrictEqual(faults, [])
      assertTrue(lines.length > 20)
    })
  )
})
