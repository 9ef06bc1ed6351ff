import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import { inHouse, room } from "./support/Duo.ts"
import * as Puppet from "./support/Puppet.ts"
import { scrape } from "./support/Scrape.ts"

const speak: Puppet.Act = ({ number, spec }) =>
  Stream.concat(Puppet.say(`Answer ${number} of ${spec.agentName} on apples.`), Puppet.done(`session-${number}`))

const unreadable = "This message cannot be read."

/** A room of three messages and their answers. */
const setup = Effect.gen(function* () {
  const den = yield* room({ max_follow_ups: 0 })
  for (const word of ["red", "green", "blue"]) {
    yield* den.say(`A ${word} apple`)
    yield* den.watch.ended
  }
  const { data: other } = yield* den.client.json("POST", "/rooms", { name: "other" })
  const damage = (statement: string) => den.sql.unsafe(statement)
  const count = (table: string) =>
    Effect.map(scrape(den.client), ({ sum }) => sum("parley_rows_unreadable_total", { table }))
  return { ...den, other, damage, count }
})

const house = <A, E>(test: (den: Effect.Effect.Success<typeof setup>) => Effect.Effect<A, E>) => {
  const puppet = Puppet.make({ act: speak })
  return inHouse(puppet, Effect.flatMap(setup, test))
}

describe("a row that cannot be read", () => {
  for (const damaged of [
    "images = '{broken'",
    "images = '[1]'",
    "images = 'null'",
    "content = x'ff00'",
    "participant_name = x'ff00'"
  ]) {
    it.scopedLive(`is a notice in the place of its message, in pages, searches and exports alike (${damaged})`, () =>
      house(({ client, count, damage, get, path, say, watch }) =>
        Effect.gen(function* () {
          const before = yield* count("messages")
          const page = yield* get("/messages")
          const { id } = page.find(({ content }: { content: string }) => content === "A green apple")
          yield* damage(`UPDATE messages SET ${damaged} WHERE id = ${id}`)
          yield* client.json("PATCH", path, { name: "still here" })

          const expected = page.map((it: { id: number; content: string }) => (it.id === id ? unreadable : it.content))
          const contents = ({ data }: { data: ReadonlyArray<{ content: string }> }) => data.map((it) => it.content)
          deepStrictEqual(contents(yield* client.json("GET", `${path}/messages?limit=900`)), expected)
          deepStrictEqual(
            (yield* get("")).messages.map(({ content }: { content: string }) => content),
            expected
          )
          const found = yield* client.json("GET", "/messages/search?q=apple")
          assertEquals(found.status, 200)
          assertTrue(found.data.hits.some(({ content }: { content: string }) => content === "A red apple"))
          const document = yield* client.json("GET", `${path}/export`)
          deepStrictEqual(contents({ data: document.data.messages }), expected)
          assertTrue((yield* count("messages")) > before)

          yield* say("And a yellow one?")
          assertEquals((yield* watch.ended)["stop_reason"], "max_rounds")
        })
      )
    )
  }

  it.scopedLive("is left out of lists, and harms no other row in them", () =>
    house(({ client, count, damage, get, other, path }) =>
      Effect.gen(function* () {
        const [newest, ...rounds] = yield* get("/rounds")
        yield* damage(`UPDATE rounds SET policy = 'whim' WHERE id = ${newest.id}`)
        deepStrictEqual(yield* get("/rounds"), rounds)
        yield* damage(`UPDATE rounds SET tape = '[{' WHERE id = ${rounds[0].id}`)
        const broken = yield* client.json("GET", `${path}/rounds/${rounds[0].id}`)
        deepStrictEqual([broken.status, broken.data._tag], [500, "Unreadable"])
        yield* damage(`UPDATE turns SET error = '{' WHERE round_id = ${rounds[1].id} AND cell = 0`)
        assertEquals((yield* get(`/rounds/${rounds[1].id}`)).turns.length, 1)
        yield* damage(`UPDATE rooms SET default_model = x'ff00' WHERE id = ${other.id}`)
        const { data: listed } = yield* client.json("GET", "/rooms")
        deepStrictEqual(listed.map(({ name }: { name: string }) => name).includes("den"), true)
        yield* damage("UPDATE agents SET priority = 'high' WHERE name = 'Bo'")
        const { data: agents } = yield* client.json("GET", "/agents")
        deepStrictEqual(
          agents.map(({ name }: { name: string }) => name),
          ["Ada"]
        )
        for (const table of ["rounds", "turns", "rooms", "agents"]) assertTrue((yield* count(table)) > 0, table)
      })
    )
  )

  it.scopedLive("of the log makes a reader read the room again, and what comes after it is told", () =>
    house(({ client, count, damage, id: room, path, sql }) =>
      Effect.gen(function* () {
        const [first, second, third] = yield* sql<{
          id: number
        }>`SELECT id FROM events WHERE room_id = ${room} ORDER BY id`
        yield* damage(`UPDATE events SET body = '{broken' WHERE id = ${second?.id}`)
        for (const stream of [`${path}/stream`, "/stream"]) {
          const { seen, until } = yield* client.events(`${stream}?after=${(first?.id ?? 0) - 1}`)
          yield* until(({ id }) => id === third?.id)
          const reset = seen.find(({ type }) => type === "reset")
          assertEquals(reset?.data.after, second?.id)
        }
        assertTrue((yield* count("events")) > 0)
      }).pipe(Effect.scoped)
    )
  )

  it.scopedLive("of a seat's session has the seat begin anew", () =>
    house(({ damage, say, turns, watch }) =>
      Effect.gen(function* () {
        yield* damage("UPDATE sessions SET last_message_id = 'x'")
        const before = (yield* turns).length
        yield* say("Once more?")
        yield* watch.ended
        deepStrictEqual(
          (yield* turns).slice(before).map(([, outcome]) => outcome),
          ["replied", "replied"]
        )
      })
    )
  )
})
