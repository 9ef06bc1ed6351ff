import { NodeContext } from "@effect/platform-node"
import { SqlClient } from "@effect/sql"
import { Effect, Layer, Logger } from "effect"
import type { Client as Parley } from "../../src/client/client.ts"
import * as Client from "./Client.ts"
import * as House from "./House.ts"
import type * as Puppet from "./Puppet.ts"
import * as Watch from "./Watch.ts"

const two: House.Folk = { Ada: "Ada builds clocks.", Bo: "Bo keeps bees." }

export type Settings = Partial<Parameters<Parley["rooms"]["create"]>[0]["payload"]>

/** A room in which all agents of the house sit, with settings of its own, and what tests ask of it. */
export const room = Effect.fn(function* (settings: Settings = {}) {
  const client = yield* Client.make
  const { ask } = client
  const sql = yield* SqlClient.SqlClient
  const { id } = yield* ask(({ rooms }) => rooms.create({ payload: { name: "den", ...settings } }))
  const inRoom = { room_id: id }
  const all = yield* ask(({ agents }) => agents.list())
  const idOf = (name: string) => all.find((agent) => agent.name === name)?.id ?? 0
  for (const agent of all) yield* ask(({ rooms }) => rooms.join({ path: { ...inRoom, agent_id: agent.id } }))
  const say = (content: string) => ask(({ messages }) => messages.send({ path: inRoom, payload: { content } }))
  const messages = ask(({ messages }) => messages.list({ path: inRoom }))
  const said = Effect.map(messages, (all) =>
    all.map(({ agent_name, content, partial }) => [agent_name, content, partial] as const)
  )
  const rounds = ask(({ rounds }) => rounds.list({ path: inRoom }))
  /** The newest round, with its turns. */
  const lastRound = Effect.flatMap(rounds, ([round]) =>
    ask(({ rounds }) => rounds.get({ path: { ...inRoom, round_id: round?.id ?? 0 } }))
  )
  const usage = ask(({ rounds }) => rounds.usage({ path: inRoom }))
  const read = ask(({ rooms }) => rooms.get({ path: inRoom }))
  const change = (payload: Parameters<Parley["rooms"]["update"]>[0]["payload"]) =>
    ask(({ rooms }) => rooms.update({ path: inRoom, payload }))
  const pause = ask(({ rooms }) => rooms.pause({ path: inRoom }))
  const resume = ask(({ rooms }) => rooms.resume({ path: inRoom }))
  const goOn = ask(({ rounds }) => rounds.goOn({ path: inRoom }))
  const clear = ask(({ messages }) => messages.clear({ path: inRoom }))
  const leave = (agent: number) => ask(({ rooms }) => rooms.leave({ path: { ...inRoom, agent_id: agent } }))
  const turns = Effect.map(sql`SELECT agent_name, outcome, error FROM turns ORDER BY id`, (rows) =>
    rows.map((row) => [row["agent_name"], row["outcome"]])
  )
  const path = `/rooms/${id}`
  const watch = yield* Watch.room(id)
  return {
    client,
    ask,
    sql,
    id,
    path,
    inRoom,
    idOf,
    read,
    change,
    pause,
    resume,
    goOn,
    clear,
    leave,
    say,
    messages,
    said,
    rounds,
    lastRound,
    usage,
    turns,
    watch
  }
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
