import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Stream } from "effect"
import { Overloaded } from "../../../src/domain/ProviderError.ts"
import { RoomId } from "../../../src/domain/RoomId.ts"
import { RoundId } from "../../../src/domain/Round.ts"
import * as Time from "../../../src/domain/Time.ts"
import { AskedRepo } from "../../../src/store/AskedRepo.ts"
import { Ledger } from "../../../src/store/Ledger.ts"
import { RecoveryRepo } from "../../../src/store/RecoveryRepo.ts"
import { WriteQueue } from "../../../src/store/WriteQueue.ts"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"
import { pixel } from "../../support/images.ts"
import * as Puppet from "../../support/Puppet.ts"
import * as Reads from "../../support/Reads.ts"
import * as Statements from "../../support/Statements.ts"
import * as Watch from "../../support/Watch.ts"

const statements = Statements.make()
const puppet = Puppet.make({
  act: (call) =>
    call.number % 3 === 1
      ? Stream.concat(Puppet.say("Something that is said and long enough."), Puppet.done("session"))
      : call.number % 3 === 2
        ? Stream.fail(new Overloaded({ retryAfterMs: null }))
        : Puppet.skip(call)
})
const house = House.shared({
  agents: { Ada: "Ada builds clocks.", Bo: "Bo keeps bees." },
  providers: [puppet.provider],
  settings: { CONTEXT_WINDOW: "1" }
}).pipe(Layer.provide(statements.layer))

type Page = Readonly<Partial<Record<"after" | "before" | "limit", number>>>

let rooms = 0

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const sql = yield* SqlClient.SqlClient
  const { ask } = client
  const { id } = yield* ask((parley) => parley.rooms.create({ payload: { name: `room ${++rooms}` } }))
  const inRoom = { room_id: id }
  const agents = yield* ask((parley) => parley.agents.list())
  const send = (content: string, key: string, more: { readonly image_data?: string } = {}) =>
    ask(({ messages }) =>
      messages.send({ path: inRoom, payload: { content, ...more }, headers: { "idempotency-key": key } })
    )
  const page = (urlParams: Page = {}) => ask(({ messages }) => messages.list({ path: inRoom, urlParams }))
  return { ...client, client, sql, id, inRoom, path: `/rooms/${id}`, agents, send, page }
})

/** What is asked at the start, and of what was left. */
const recovery = (id: number) =>
  Effect.gen(function* () {
    const [repo, ledger, queue] = [yield* RecoveryRepo, yield* Ledger, yield* WriteQueue]
    const round = RoundId.make(1)
    yield* repo.open(null, 10)
    yield* repo.costs([round], 100)
    yield* ledger.open(RoomId.make(id))
    yield* Effect.flatMap(AskedRepo, (asked) =>
      Effect.all([asked.setAside(RoomId.make(id)), asked.heldUp(RoomId.make(id))])
    )
    const at = Time.at(0)
    yield* queue.write(Effect.all([repo.cutOff(10, at), ledger.tried(round), ledger.untried(round)]))
  }).pipe(Effect.provide(RecoveryRepo.layer))

/** Everything that can be done with a room, from its making to its end. */
const life = Effect.gen(function* () {
  const { agents, ask, client, events, id, inRoom, page, path, send } = yield* setup
  yield* send("before anybody joined", "0")
  for (const { id: agent_id } of agents) yield* ask((parley) => parley.rooms.join({ path: { ...inRoom, agent_id } }))
  const watch = yield* Watch.room(id)
  for (const key of ["1", "2", "2"]) {
    const sent = yield* send(`message ${key}`, key, { image_data: pixel })
    yield* Effect.scoped(client.send("GET", sent.images?.[0]?.url ?? ""))
    if (key === "1") yield* watch.ended
    yield* page({ before: sent.id, limit: 2 })
    yield* page({ after: sent.id - 1 })
    yield* page({ after: 0, before: sent.id })
  }
  yield* watch.ended
  yield* page()
  yield* ask(({ messages }) => messages.poll({ path: inRoom }))
  yield* ask(({ messages }) => messages.poll({ path: inRoom, urlParams: { since_id: 0 } }))
  yield* ask(({ messages }) => messages.chatting({ path: inRoom }))
  yield* ask((parley) => parley.rooms.roster({ path: inRoom }))
  for (const q of ["message", "me"]) yield* ask(({ search }) => search.inRoom({ path: inRoom, urlParams: { q } }))
  yield* ask(({ search }) => search.everywhere({ urlParams: { q: "message m" } }))
  for (const stream of [`${path}/stream`, "/stream"]) {
    const reader = yield* events(`${stream}?after=0`)
    yield* reader.until(({ type }) => type === "round_ended")
  }
  yield* recovery(id)
  const seat = { ...inRoom, agent_id: agents[0]?.id ?? 0 }
  yield* ask((parley) => parley.rooms.markRead({ path: inRoom }))
  yield* ask((parley) => parley.rooms.update({ path: inRoom, payload: { max_interactions: 50 } }))
  yield* ask((parley) => parley.rooms.list())
  yield* ask((parley) => parley.agents.get({ path: seat }))
  yield* ask((parley) => parley.rooms.leave({ path: seat }))
  yield* ask(({ messages }) => messages.clear({ path: inRoom }))
  yield* ask((parley) => parley.rooms.remove({ path: inRoom }))
})

/** What the database means to do for a statement, one line for each step. */
const planOf = ({ params, sql: text }: Statements.Seen) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(sql.unsafe<{ readonly detail: string }>(`EXPLAIN QUERY PLAN ${text}`, params), (steps) =>
      steps.map(({ detail }) => detail)
    )
  )

/** The whole of a partial index is what is wanted of `unfinished`, and is small. */
const isFullScan = (step: string) =>
  /^SCAN (messages|attachments|events|turns|rounds)\b(?! USING INDEX (turns|rounds)_open)/.test(step)

layer(house, { excludeTestServices: true })("Statements", (it) => {
  it.effect("none reads a whole log, and none sorts messages or events", () =>
    Effect.gen(function* () {
      const { statements: run } = yield* statements.during(Effect.scoped(life))
      const seen = new Map(run.map((statement) => [statement.sql.replace(/\s+/g, " ").trim(), statement]))
      const queries = [...seen].filter(([sql]) => /^(SELECT|INSERT|UPDATE|DELETE|WITH)\b/.test(sql))

      const faults = yield* Effect.forEach(queries, ([sql, statement]) =>
        Effect.map(planOf(statement), (plan) => {
          const sorts =
            /\b(messages|attachments|events|turns)\b/.test(sql) && plan.some((step) => step.includes("TEMP B-TREE"))
          return plan.some(isFullScan) || sorts ? [{ sql, plan }] : []
        })
      )

      deepStrictEqual(faults.flat(), [])
      for (const known of [
        /json_group_array.*id > \(.*ORDER BY id LIMIT/,
        /json_group_array.*ORDER BY id DESC LIMIT 1 OFFSET/,
        /json_group_array.*id < \?/,
        /count\(\*\).*FROM messages/,
        /FROM kept_messages WHERE room_id = \? LIMIT 1/,
        /FROM kept_messages.*idempotency_key = \?/,
        /<> 'system'.* OR agent_id = .* ORDER BY id DESC/s,
        /INSERT INTO messages/,
        /DELETE FROM messages/,
        /INSERT INTO attachments/,
        /FROM attachments JOIN kept_messages/,
        /SELECT media_type, bytes FROM attachments/,
        /FROM attachments WHERE .* ORDER BY message_id DESC, position DESC/,
        /FROM events WHERE room_id = \? AND id > \(/,
        /FROM events CROSS JOIN rooms .* events\.id > \?/,
        /max\(id\), 0\) AS id FROM events/,
        /INSERT INTO turns/,
        /UPDATE turns/,
        /FROM turns WHERE outcome IS NULL/,
        /FROM sessions/,
        /FROM messages_search WHERE messages_search MATCH \? AND rowid < \? ORDER BY rowid DESC LIMIT/,
        /FROM messages WHERE room_id = \? AND id < \? ORDER BY id DESC LIMIT .* LIKE/,
        /DELETE FROM rooms/
      ]) {
        assertTrue(
          queries.some(([sql]) => known.test(sql.replaceAll(/@\w+/g, "?"))),
          String(known)
        )
      }
    })
  )

  it.scoped(
    "adding an agent to a room of 100,000 messages runs what it runs in a small one, and reads no more than a page",
    () =>
      Effect.gen(function* () {
        const [small, large] = [yield* setup, yield* setup]
        const { agents, sql } = large
        const fill = (room: number, count: number) => sql`
        WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ${count})
        INSERT INTO messages (room_id, role, participant_type, content, timestamp)
        SELECT ${room}, 'user', 'user', 'message ' || n, '2026-01-01T00:00:00.000Z' FROM counter`
        yield* fill(small.id, 10)
        yield* fill(large.id, 100_000)
        const join = ({ ask, inRoom }: typeof small) => {
          const path = { ...inRoom, agent_id: agents[0]?.id ?? 0 }
          return statements.during(ask((parley) => parley.rooms.join({ path })))
        }

        const watched = yield* Reads.make

        const few = yield* join(small)
        const many = yield* join(large)

        const textsOf = (run: typeof few) => run.statements.map(({ sql }) => sql)
        deepStrictEqual(textsOf(many), textsOf(few))
        assertTrue(many.statements.length <= 12, `${many.statements.length} statements`)
        deepStrictEqual(
          textsOf(many).filter((text) => /\b(count|sum|total)\(/.test(text)),
          []
        )
        const reads = many.statements.filter(({ sql }) => /^\s*SELECT/.test(sql))
        const rows = yield* Effect.forEach(reads, ({ params, sql: text }) =>
          Effect.map(sql.unsafe(text, params), (found) => found.length)
        )
        assertTrue(rows.reduce((sum, count) => sum + count, 0) <= 12, `rows ${rows}`)
        const { messages: read = 0, ...others } = watched.rows(many.statements)
        assertTrue(read <= 2010, `${read} messages`)
        assertTrue(
          Object.values(others).every((count) => count <= 12),
          Object.entries(others).join(" ")
        )
        const plans = yield* Effect.forEach(many.statements, planOf)
        deepStrictEqual(plans.flat().filter(isFullScan), [])
        deepStrictEqual(
          [few, many].map(({ result }) => [result.messages.length, result.agents.length]),
          [
            [11, 1],
            [1000, 1]
          ]
        )
        assertEquals(many.result.messages.at(-1)?.content, "Ada joined the chat")
      })
  )

  it.effect("who is chatting is answered without the database once the room is known", () =>
    Effect.gen(function* () {
      const { ask, inRoom } = yield* setup
      const look = ask(({ messages }) => messages.chatting({ path: inRoom }))
      yield* look

      const { result, statements: run } = yield* statements.during(look)

      deepStrictEqual(result, { chatting_agents: [] })
      deepStrictEqual(run, [])
    })
  )

  it.effect("a page that nobody has changed is not read twice", () =>
    Effect.gen(function* () {
      const { page, send } = yield* setup
      yield* send("Hello", "k")
      yield* page()

      const again = yield* statements.during(page())
      yield* send("More", "l")
      const changed = yield* statements.during(page())

      deepStrictEqual([again.statements.length, again.result.length], [0, 1])
      deepStrictEqual([changed.statements.length, changed.result.length], [1, 2])
    })
  )
})
