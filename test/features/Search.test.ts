import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { excerpt, wordsOf } from "../../src/features/Search/Excerpt.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"

let rooms = 0

interface More {
  readonly before?: number
  readonly limit?: number
}

const contents = ({ hits }: { readonly hits: ReadonlyArray<{ readonly content: string }> }) =>
  hits.map(({ content }) => content)

const setup = Effect.gen(function* () {
  const guest = yield* Client.guest
  const admin = yield* Client.make
  const sql = yield* SqlClient.SqlClient
  const { ask } = guest
  const create = (name: string) => ask(({ rooms }) => rooms.create({ payload: { name } }))
  const { id } = yield* create(`room ${++rooms}`)
  const say = (content: string, room = id) =>
    ask(({ messages }) => messages.send({ path: { room_id: room }, payload: { content } }))
  const search = (q: string, more: More = {}, room = id) =>
    ask(({ search }) => search.inRoom({ path: { room_id: room }, urlParams: { q, ...more } }))
  const found = (q: string) => Effect.map(search(q), contents)
  return { ...guest, admin, sql, id, create, say, search, found }
})

layer(House.shared({ agents: { Ada: "Ada builds clocks." } }), { excludeTestServices: true })("Search", (it) => {
  it.effect("finds messages that hold every word, newest first, in any case", () =>
    Effect.gen(function* () {
      const { found, id, say, search } = yield* setup
      for (const text of ["The brass clock stopped", "A clock of wood", "Brass bells", "CLOCKWORK in brass"])
        yield* say(text)

      deepStrictEqual(yield* found("clock"), ["CLOCKWORK in brass", "A clock of wood", "The brass clock stopped"])
      deepStrictEqual(yield* found(" brass  Clock "), ["CLOCKWORK in brass", "The brass clock stopped"])
      deepStrictEqual(yield* found("silver"), [])
      const { hits, next_before } = yield* search("wood")
      deepStrictEqual(
        hits.map(({ agent_name, excerpt, images, partial, room_id }) => [
          excerpt,
          room_id,
          images,
          partial,
          agent_name
        ]),
        [["A clock of wood", id, null, false, null]]
      )
      assertEquals(next_before, null)
    })
  )

  it.effect("finds Korean words, also of two syllables and of one, within a longer one", () =>
    Effect.gen(function* () {
      const { found, say } = yield* setup
      for (const text of ["등대지기가 웃었다", "시계를 고쳤다", "그는 등대에서 시계를 보았다"]) yield* say(text)

      deepStrictEqual(yield* found("등대지기"), ["등대지기가 웃었다"])
      deepStrictEqual(yield* found("등대"), ["그는 등대에서 시계를 보았다", "등대지기가 웃었다"])
      deepStrictEqual(yield* found("시계 등"), ["그는 등대에서 시계를 보았다"])
      deepStrictEqual(yield* found("고쳤다 시계"), ["시계를 고쳤다"])
      deepStrictEqual(yield* found("웃"), ["등대지기가 웃었다"])
    })
  )

  it.effect("takes every word as it is, whatever it means to the database", () =>
    Effect.gen(function* () {
      const { found, id, json, say } = yield* setup
      const path = `/rooms/${id}/messages/search`
      const odd = [
        `say "hello" twice`,
        "100% sure",
        "snake_case",
        "a*b*c",
        "one NEAR two",
        "c:\\dir",
        "50\\%",
        "plain words",
        `a 12"34 pipe`
      ]
      for (const text of odd) yield* say(text)

      const of = (text: string) => Effect.map(found(text), (hits) => [text, ...hits])
      deepStrictEqual(
        yield* Effect.forEach(
          [
            `"hello"`,
            `"`,
            "100%",
            "0%",
            "e_c",
            "_",
            "*",
            "b*c",
            "NEAR",
            "NEAR(",
            "two OR plain",
            "\\",
            "\\%",
            "AND",
            "-",
            "content:plain",
            "^plain",
            "'",
            `12"34`,
            `pipe" OR "hello`
          ],
          of
        ),
        [
          [`"hello"`, odd[0]],
          [`"`, odd[8], odd[0]],
          ["100%", odd[1]],
          ["0%", odd[1]],
          ["e_c", odd[2]],
          ["_", odd[2]],
          ["*", odd[3]],
          ["b*c", odd[3]],
          ["NEAR", odd[4]],
          ["NEAR("],
          ["two OR plain"],
          ["\\", odd[6], odd[5]],
          ["\\%", odd[6]],
          ["AND"],
          ["-"],
          ["content:plain"],
          ["^plain"],
          ["'"],
          [`12"34`, odd[8]],
          [`pipe" OR "hello`]
        ]
      )
      // In plain HTTP, for one has no question at all.
      const refused = yield* Effect.forEach(["", "?q=", "?q=%20", `?q=${"x".repeat(201)}`], (query) =>
        json("GET", path + query)
      )
      deepStrictEqual(
        refused.map(({ status }) => status),
        [400, 400, 400, 400]
      )
      assertEquals((yield* json("GET", `${path}?q=%00`)).status, 200)
    })
  )

  it.effect("goes on page by page, and says where nothing is left", () =>
    Effect.gen(function* () {
      const { say, search } = yield* setup
      for (let number = 1; number <= 5; number++) yield* say(`clock ${number}`)

      let page = yield* search("clock", { limit: 2 })
      const pages = [contents(page)]
      while (page.next_before !== null) {
        page = yield* search("clock", { limit: 2, before: page.next_before })
        pages.push(contents(page))
      }

      deepStrictEqual(pages, [["clock 5", "clock 4"], ["clock 3", "clock 2"], ["clock 1"]])
    })
  )

  it.effect("looks at a bounded number of messages at a time, and can be asked to go on behind them", () =>
    Effect.gen(function* () {
      const { id, say, search, sql } = yield* setup
      const first = yield* say("the needle: 바늘, in the barn")
      yield* sql`
        WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 5001)
        INSERT INTO messages (room_id, role, participant_type, content, timestamp)
        SELECT ${id}, 'user', 'user', 'hay of the barn', '2026-01-01T00:00:00.000Z' FROM counter`

      const page = yield* search("바늘")
      const next = yield* search("바늘", { before: page.next_before ?? 0 })
      const indexed = yield* search("needle")
      const common = yield* search("barn 바늘")
      const rest = yield* search("barn 바늘", { before: common.next_before ?? 0 })

      deepStrictEqual([page.hits, typeof page.next_before], [[], "number"])
      deepStrictEqual([next.hits[0]?.id, next.next_before], [first.id, null])
      deepStrictEqual([indexed.hits[0]?.id, indexed.next_before], [first.id, null])
      deepStrictEqual([common.hits, typeof common.next_before], [[], "number"])
      deepStrictEqual([rest.hits[0]?.id, rest.next_before], [first.id, null])
    })
  )

  it.effect("finds in all rooms of the caller, and the admin in everybody's", () =>
    Effect.gen(function* () {
      const [mine, theirs] = [yield* setup, yield* setup]
      const second = yield* mine.create("second")
      const word = `secret${mine.id}`
      yield* mine.say(`${word} one`)
      yield* mine.say(`${word} two`, second.id)
      yield* theirs.say(`${word} three`)
      const roomsOf = ({ ask }: Pick<typeof mine, "ask">) =>
        Effect.map(
          ask(({ search }) => search.everywhere({ urlParams: { q: word } })),
          ({ hits }) => hits.map(({ room_id }) => room_id)
        )

      deepStrictEqual(yield* roomsOf(mine), [second.id, mine.id])
      deepStrictEqual(yield* roomsOf(theirs), [theirs.id])
      deepStrictEqual(yield* roomsOf(mine.admin), [theirs.id, second.id, mine.id])
      assertEquals((yield* Effect.flip(mine.search(word, {}, theirs.id))).status, 403)
      assertEquals((yield* Effect.flip(mine.search(word, {}, 999_999))).status, 404)
    })
  )

  it.effect("finds nothing that was cleared or went with its room, and no notices", () =>
    Effect.gen(function* () {
      const { admin, ask, id, say, sql } = yield* setup
      const [{ id: agent_id } = { id: 0 }] = yield* ask(({ agents }) => agents.list())
      const path = { room_id: id }
      yield* say("a vanishing word")
      yield* ask(({ rooms }) => rooms.join({ path: { ...path, agent_id } }))
      const hits = (q: string) =>
        Effect.map(
          ask(({ search }) => search.everywhere({ urlParams: { q } })),
          ({ hits }) => hits.length
        )

      const before = [yield* hits("vanishing"), yield* hits("joined the chat")]
      yield* admin.ask(({ messages }) => messages.clear({ path }))
      yield* say("another vanishing word")
      yield* admin.ask(({ rooms }) => rooms.remove({ path }))

      deepStrictEqual([before, yield* hits("vanishing")], [[1, 0], 0])
      deepStrictEqual(yield* sql`SELECT rowid FROM messages_search WHERE messages_search MATCH '"vanishing"'`, [])
    })
  )

  it.effect("shows the word in a little of its text, on one line, and parts no character", () =>
    Effect.sync(() => {
      const long = `${"😀".repeat(50)} the\nclock ${"😀".repeat(50)}`

      deepStrictEqual(wordsOf(" clock  the clock "), ["clock", "the"])
      deepStrictEqual(excerpt("short", ["or"]), "short")
      deepStrictEqual(excerpt(long, ["clock"]), `…${"😀".repeat(27)} the clock ${"😀".repeat(29)}…`)
      deepStrictEqual(excerpt("nothing of it", ["absent"]), "nothing of it")
    })
  )
})
