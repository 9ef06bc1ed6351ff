import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { Effect, Layer, Logger } from "effect"
import * as Client from "./Client.ts"
import * as House from "./House.ts"
import type * as Puppet from "./Puppet.ts"
import * as Watch from "./Watch.ts"

const two: House.Folk = { Ada: "Ada builds clocks.", Bo: "Bo keeps bees." }

/** A room in which all agents of the house sit, with settings of its own, and what tests ask of it. */
export const room = Effect.fn(function* (settings: object = {}) {
  const client = yield* Client.make
  const sql = yield* SqlClient.SqlClient
  const { data } = yield* client.json("POST", "/rooms", { name: "den", ...settings })
  const id: number = data.id
  const agents = yield* client.json("GET", "/agents")
  const idOf = (name: string): number => agents.data.find((agent: { name: string }) => agent.name === name).id
  for (const agent of agents.data) yield* client.json("POST", `/rooms/${id}/agents/${agent.id}`)
  const say = (content: string) => client.json("POST", `/rooms/${id}/messages/send`, { content, role: "user" })
  const said = Effect.map(client.json("GET", `/rooms/${id}/messages`), ({ data }) =>
    data.map((message: Record<string, unknown>) => [message["agent_name"], message["content"], message["partial"]])
  )
  const turns = Effect.map(sql`SELECT agent_name, outcome, error FROM turns ORDER BY id`, (rows) =>
    rows.map((row) => [row["agent_name"], row["outcome"]])
  )
  const path = `/rooms/${id}`
  const get = (rest: string) => Effect.map(client.json("GET", `${path}${rest}`), ({ data }) => data)
  return { client, sql, id, path, get, idOf, say, said, turns, watch: yield* Watch.room(id) }
})

/** A room with default settings. */
export const setup = room()

/** Runs a test in a house of its own, with two agents unless others are named, and the puppet's words. */
export const inHouse = <A, E>(
  puppet: ReturnType<typeof Puppet.make>,
  test: Effect.Effect<A, E, Effect.Effect.Context<typeof setup> | Layer.Layer.Success<ReturnType<typeof House.layer>>>,
  settings: Readonly<Record<string, string>> = {},
  logger: Logger.Logger<unknown, void> = Logger.none,
  agents: House.Folk = two
) =>
  Effect.flatMap(House.folders(agents), (folders) =>
    Effect.provide(
      test,
      House.layer({ settings: { ...folders, ...settings }, providers: [puppet.provider] }).pipe(
        Layer.provide(Logger.add(logger))
      )
    )
  ).pipe(Effect.provide(NodeContext.layer))
