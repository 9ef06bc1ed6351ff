import { FileSystem } from "@effect/platform"
import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer } from "effect"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import { lists } from "../support/lists.ts"
import * as Statements from "../support/Statements.ts"

const names = ["Ada", "Bo", "Cy", "Di", "Eli", "Fay", "Gus"]
const statements = Statements.make()
const house = House.shared({ agents: Object.fromEntries(names.map((name) => [name, `${name} is here.`])) }).pipe(
  Layer.provide(statements.layer)
)

interface Member {
  readonly id: number
}

/**
 * Five rooms with the same activity in pairs, one of them read, the oldest with all agents, some rounds and critiques.
 */
const setup = Effect.gen(function* () {
  const guest = yield* Client.guest
  const sql = yield* SqlClient.SqlClient
  const { data: agents } = yield* guest.json("GET", "/agents")
  const rooms = yield* Effect.forEach(["a", "b", "c", "d", "e"], (name) =>
    Effect.map(guest.json("POST", "/rooms", { name }), ({ data }): number => data.id)
  )
  yield* guest.json("POST", `/rooms/${rooms[3]}/mark-read`)
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
  const ids = (path: string) =>
    Effect.map(guest.json("GET", path), ({ data }) => data.map(({ id }: Member): number => id))
  return { ...guest, ids, room }
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

const pages = (room: number) => ({
  rooms: "/rooms",
  agents: "/agents",
  roster: `/rooms/${room}/agents`,
  messages: `/rooms/${room}/messages`,
  critiques: `/rooms/${room}/critic-messages`,
  rounds: `/rooms/${room}/rounds`
})

layer(house, { excludeTestServices: true })("Paging", (it) => {
  it.effect("every list is read through by pages, forth and back, each member once and in its place", () =>
    Effect.gen(function* () {
      const { ids, room } = yield* setup

      for (const [name, path] of Object.entries(pages(room))) {
        const whole: ReadonlyArray<number> = yield* ids(`${path}?limit=1000`)
        // Of what has a time, `after` is later; of the others, it is further down.
        const forth = name === "rounds" ? "before" : "after"
        const back = name === "rounds" ? "after" : "before"
        for (const size of [1, 2, 3]) {
          const down: Array<number> = []
          const up: Array<number> = []
          const start = name === "messages" || name === "critiques" ? "&after=0" : ""
          for (let page = yield* ids(`${path}?limit=${size}${start}`); page.length > 0;) {
            down.push(...page)
            page = yield* ids(`${path}?limit=${size}&${forth}=${page.at(-1)}`)
          }
          for (let page = whole.slice(-1); page.length > 0;) {
            up.unshift(...page)
            page = yield* ids(`${path}?limit=${size}&${back}=${page[0]}`)
          }
          deepStrictEqual([name, down, up], [name, whole, whole])
        }
        assertTrue(whole.length >= 5, name)
      }
    })
  )

  it.effect("between two cursors there is what lies between them", () =>
    Effect.gen(function* () {
      const { ids, room } = yield* setup

      for (const path of Object.values(pages(room)).filter((path) => !path.endsWith("/rounds"))) {
        const whole: ReadonlyArray<number> = yield* ids(`${path}?limit=1000`)
        deepStrictEqual(yield* ids(`${path}?after=${whole[0]}&before=${whole[3]}`), whole.slice(1, 3))
      }
    })
  )

  it.effect("a cursor that is gone, or is another's, has nothing on either side", () =>
    Effect.gen(function* () {
      const { ids, room } = yield* setup
      const { room: anothers } = yield* setup

      for (const path of ["/rooms", "/agents", `/rooms/${room}/agents`]) {
        deepStrictEqual(yield* Effect.all([ids(`${path}?after=999999`), ids(`${path}?before=999999`)]), [[], []])
      }
      deepStrictEqual(yield* Effect.all([ids(`/rooms?after=${anothers}`), ids(`/rooms?before=${anothers}`)]), [[], []])
    })
  )

  it.effect("every list takes a limit, but for those whose length the house bounds", () =>
    Effect.sync(() => {
      deepStrictEqual(
        lists.filter(({ takes }) => !takes.includes("limit")).map(({ path }) => path),
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
      const sizeOf = (data: object): number => (Array.isArray(data) ? data : Object.values(data)).length

      for (const { path } of lists.filter(({ takes }) => takes.includes("limit"))) {
        const query = path.endsWith("/search") ? "q=here&" : ""
        const get = (limit: string) => json("GET", `${path.replace("{room_id}", `${room}`)}?${query}limit=${limit}`)
        const refused = yield* Effect.forEach(["0", "-1", "1001", "1e9", "x", "1.5", "", "1&limit=2"], (limit) =>
          Effect.map(get(limit), ({ status }) => status)
        )
        const sizes = yield* Effect.forEach(["1", "2", "1000"], (limit) =>
          Effect.map(get(limit), ({ data }) => sizeOf(data.hits ?? data.configs ?? data.conversations ?? data))
        )
        deepStrictEqual([path, ...refused], [path, 400, 400, 400, 400, 400, 400, 400, 400])
        deepStrictEqual([path, ...sizes.slice(0, 2), (sizes[2] ?? 0) > 2], [path, 1, 2, true])
      }
    })
  )

  it.effect("an index leads to every page, and nothing of a list is sorted to cut a page out of it", () =>
    Effect.gen(function* () {
      const { ids, room } = yield* setup
      const admin = yield* Client.make
      const sql = yield* SqlClient.SqlClient
      const paths = Object.values(pages(room))
      const read = (cursor: (id: number) => string) =>
        Effect.forEach(paths, (path) =>
          Effect.flatMap(ids(path), (whole) => {
            const page = `${path}?limit=2${cursor(whole[2] ?? 0)}`
            return Effect.zipRight(ids(page), admin.json("GET", page))
          })
        )

      const { statements: run } = yield* statements.during(
        Effect.all([read(() => ""), read((id) => `&after=${id}`), read((id) => `&before=${id}`)])
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
