import { FileSystem } from "@effect/platform"
import type { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import type { Vitest } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Record } from "effect"
import { stringify } from "../../../../src/lib/json.ts"
import * as Client from "../../../support/Client.ts"
import * as House from "../../../support/House.ts"
import * as Watch from "../../../support/Watch.ts"
import { Local, models } from "./local.ts"

const folk = {
  Ada: "Ada builds clocks.\n---\nprovider: talk",
  Bo: "Bo keeps bees.\n---\nprovider: story\nmax_output_tokens: 64",
  Cy: "Cy cooks.\n---\nprovider: skip",
  Di: "Di digs.\n---\nprovider: recall"
}

/** Seats them all, says something to them, and waits until they have answered. */
const talk = Effect.gen(function* () {
  const { json } = yield* Client.make
  const sql = yield* SqlClient.SqlClient
  const { data: agents } = yield* json("GET", "/agents")
  const { data: room } = yield* json("POST", "/rooms", { name: "A local room", max_interactions: 3 })
  for (const { id } of agents) yield* json("POST", `/rooms/${room.id}/agents/${id}`)
  const watch = yield* Watch.room(room.id, "1 minute")

  yield* json("POST", `/rooms/${room.id}/messages/send`, { content: "@Cy @Ada @Bo @Di, do quinces keep?" })
  yield* watch.ended

  const { data: messages } = yield* json("GET", `/rooms/${room.id}/messages`)
  const turns = yield* sql`
    SELECT provider, outcome, input_tokens + cache_read_tokens > 0 AS has_read, output_tokens
    FROM turns WHERE room_id = ${room.id} ORDER BY id`
  return { messages, turns }
})

/** A room whose agents all speak by models of this machine. */
export const room = <R>(it: Vitest.MethodsNonLive<Local | NodeContext.NodeContext | R, true>) =>
  it.scoped("speaks in a room: what it says is stored with its end and its price in tokens, a skip is silent", () =>
    Effect.gen(function* () {
      const { at, key } = yield* Local
      const fs = yield* FileSystem.FileSystem
      const own = yield* House.folders(folk)
      yield* fs.writeFileString(`${own.AGENTS_DIR}/Di/consolidated_memory.md`, "## [Quinces]\nThey keep well.\n")
      const endpoints = Record.toEntries(models).map(([name]) => ({ name, key, ...at(name) }))
      const house = House.layerWhole({
        ...own,
        DEFAULT_PROVIDER: "talk",
        OPENAI_ENDPOINTS: stringify(endpoints)
      })

      const { messages, turns } = yield* Effect.provide(talk, house)

      const said = messages.filter(({ agent_id }: { readonly agent_id: number | null }) => agent_id !== null)
      deepStrictEqual(
        said.map(({ agent_name, content, finish }: any) => [agent_name, content, finish]),
        [
          ["Ada", "Tea is hot.", "stop"],
          ["Bo", `${"Once upon a time and ".repeat(12)}Once upon a time`, "length"],
          ["Di", "They keep well.", "stop"]
        ]
      )
      const { afterCall, first } = models.recall
      deepStrictEqual(
        turns.map(({ has_read, outcome, output_tokens, provider }) => [provider, outcome, has_read, output_tokens]),
        [
          ["skip", "skipped", 1, models.skip.first.length + 1],
          ["talk", "replied", 1, models.talk.first.length + 1],
          ["story", "replied", 1, 64],
          ["recall", "replied", 1, first.length + afterCall.length + 2]
        ]
      )
    })
  )

/** One agent, told more and more by a person; gives what it answered each time, and what is known of its model. */
export const toldMore = Effect.fn(function* (
  endpoint: { readonly url: string; readonly key: string },
  said: ReadonlyArray<string>
) {
  const own = yield* House.folders({ Ada: "Ada builds clocks." })
  const house = House.layerWhole({
    ...own,
    DEFAULT_PROVIDER: "small",
    OPENAI_ENDPOINTS: stringify([{ name: "small", model: "tiny", ...endpoint }])
  })
  return yield* Effect.gen(function* () {
    const { json } = yield* Client.make
    const { data: agents } = yield* json("GET", "/agents")
    const { data: room } = yield* json("POST", "/rooms", { name: "A small window" })
    yield* json("POST", `/rooms/${room.id}/agents/${agents[0].id}`)
    const watch = yield* Watch.room(room.id, "1 minute")
    for (const content of said) {
      yield* json("POST", `/rooms/${room.id}/messages/send`, { content })
      yield* watch.ended
    }
    const { data: messages } = yield* json("GET", `/rooms/${room.id}/messages`)
    const { data: listed } = yield* json("GET", "/providers")
    return {
      answers: messages.flatMap(({ agent_id, content }: any) => (agent_id === null ? [] : [content])),
      traits: listed.providers.find(({ name }: any) => name === "small").traits
    }
  }).pipe(Effect.provide(house))
})
