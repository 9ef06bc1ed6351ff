import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { excerpt, wordsOf } from "../../src/features/Search/Excerpt.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"

let rooms = 0

const setup = Effect.gen(function* () {
  const guest = yield* Client.guest
  const admin = yield* Client.make
  const sql = yield* SqlClient.SqlClient
  const { data } = yield* guest.json("POST", "/rooms", { name: `room ${++rooms}` })
  const id: number = data.id
  const say = (content: string, room = id) => guest.json("POST", `/rooms/${room}/messages/send`, { content })
  const path = `/rooms/${id}/messages/search`
  const search = (q: string, more = "", from = path) => guest.json("GET", `${from}?q=${encodeURIComponent(q)}${more}`)
  const found = (q: string) =>
    Effect.map(search(q), ({ data }) => data.hits.map(({ content }: { readonly content: string }) => content))
  return { ...guest, admin, sql, id, say, path, search, found }
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
      const { data } = yield* search("wood")
      const [{ excerpt: piece, room_id, images, partial, agent_name }] = data.hits
      deepStrictEqual([piece, room_id, images, partial, agent_name], ["A clock of wood", id, null, false, null])
      assertEquals(data.next_before, null)
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
      const { found, json, path, say } = yield* setup
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
      const pages: Array<ReadonlyArray<string>> = []
      let before: number | null = null

      do {
        const { data }: Effect.Effect.Success<ReturnType<typeof search>> = yield* search(
          "clock",
          `&limit=2${before === null ? "" : `&before=${before}`}`
        )
        pages.push(data.hits.map(({ content }: { readonly content: string }) => content))
        before = data.next_before
      } while (before !== null)

      deepStrictEqual(pages, [["clock 5", "clock 4"], ["clock 3", "clock 2"], ["clock 1"]])
    })
  )

  it.effect("looks at a bounded number of messages at a time, and can be asked to go on behind them", () =>
    Effect.gen(function* () {
      const { id, say, search, sql } = yield* setup
      const { data: first } = yield* say("the needle: 바늘, in the barn")
      yield* sql`
        WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < 5001)
        INSERT INTO messages (room_id, role, participant_type, content, timestamp)
        SELECT ${id}, 'user', 'user', 'hay of the barn', '2026-01-01T00:00:00.000Z' FROM counter`

      const { data: page } = yield* search("바늘")
      const { data: next } = yield* search("바늘", `&before=${page.next_before}`)
      const { data: indexed } = yield* search("needle")
      const { data: common } = yield* search("barn 바늘")
      const { data: rest } = yield* search("barn 바늘", `&before=${common.next_before}`)

      deepStrictEqual([page.hits, typeof page.next_before], [[], "number"])
      deepStrictEqual([next.hits[0].id, next.next_before], [first.id, null])
      deepStrictEqual([indexed.hits[0].id, indexed.next_before], [first.id, null])
      deepStrictEqual([common.hits, typeof common.next_before], [[], "number"])
      deepStrictEqual([rest.hits[0].id, rest.next_before], [first.id, null])
    })
  )

  it.effect("finds in all rooms of the caller, and the admin in everybody's", () =>
    Effect.gen(function* () {
      const [mine, theirs] = [yield* setup, yield* setup]
      const { data: second } = yield* mine.json("POST", "/rooms", { name: "second" })
      const word = `secret${mine.id}`
      yield* mine.say(`${word} one`)
      yield* mine.say(`${word} two`, second.id)
      yield* theirs.say(`${word} three`)
      const roomsOf = (client: Pick<typeof mine, "json">, path = "/messages/search") =>
        Effect.map(client.json("GET", `${path}?q=${word}`), ({ data, status }) =>
          status === 200 ? data.hits.map((hit: { readonly room_id: number }) => hit.room_id) : status
        )

      deepStrictEqual(yield* roomsOf(mine), [second.id, mine.id])
      deepStrictEqual(yield* roomsOf(theirs), [theirs.id])
      deepStrictEqual(yield* roomsOf(mine.admin), [theirs.id, second.id, mine.id])
      deepStrictEqual(yield* roomsOf(mine, theirs.path), 403)
      deepStrictEqual(yield* roomsOf(mine, "/rooms/999999/messages/search"), 404)
    })
  )

  it.effect("finds nothing that was cleared or went with its room, and no notices", () =>
    Effect.gen(function* () {
      const { admin, id, json, say, search, sql } = yield* setup
      const { data: agents } = yield* json("GET", "/agents")
      yield* say("a vanishing word")
      yield* json("POST", `/rooms/${id}/agents/${agents[0].id}`)
      const hits = (q: string) => Effect.map(search(q, "", "/messages/search"), ({ data }) => data.hits.length)

      const before = [yield* hits("vanishing"), yield* hits("joined the chat")]
      yield* admin.json("DELETE", `/rooms/${id}/messages`)
      yield* say("another vanishing word")
      yield* admin.json("DELETE", `/rooms/${id}`)

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
