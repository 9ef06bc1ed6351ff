import { FileSystem } from "@effect/platform"
import type { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import type { Vitest } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Record } from "effect"
import type { Client as Parley } from "../../../../src/client/client.ts"
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

/** A room in which all agents sit. What is said there is answered before it returns. */
const full = Effect.fnUntraced(function* (payload: Parameters<Parley["rooms"]["create"]>[0]["payload"]) {
  const { ask } = yield* Client.make
  const all = yield* ask(({ agents }) => agents.list())
  const { id } = yield* ask(({ rooms }) => rooms.create({ payload }))
  const path = { room_id: id }
  for (const agent of all) yield* ask(({ rooms }) => rooms.join({ path: { ...path, agent_id: agent.id } }))
  const watch = yield* Watch.room(id, "1 minute")
  const say = (content: string) =>
    Effect.zipRight(
      ask(({ messages }) => messages.send({ path, payload: { content } })),
      watch.ended
    )
  return { ask, id, say, heard: ask(({ messages }) => messages.list({ path })) }
})

/** Says something to them all, and gives what they answered. */
const talk = Effect.gen(function* () {
  const { heard, id, say } = yield* full({ name: "A local room", max_interactions: 3 })
  const sql = yield* SqlClient.SqlClient

  yield* say("@Cy @Ada @Bo @Di, do quinces keep?")

  const messages = yield* heard
  const turns = yield* sql`
    SELECT provider, outcome, input_tokens + cache_read_tokens > 0 AS has_read, output_tokens
    FROM turns WHERE room_id = ${id} ORDER BY id`
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

      const said = messages.filter(({ agent_id }) => agent_id !== null)
      deepStrictEqual(
        said.map(({ agent_name, content, finish }) => [agent_name, content, finish]),
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
    const { ask, heard, say } = yield* full({ name: "A small window" })
    for (const content of said) yield* say(content)
    const { providers } = yield* ask(({ system }) => system.providers())
    return {
      answers: (yield* heard).flatMap(({ agent_id, content }) => (agent_id === null ? [] : [content])),
      traits: providers.find(({ name }) => name === "small")?.traits ?? []
    }
  }).pipe(Effect.provide(house))
})
