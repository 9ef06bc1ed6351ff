import { SqlClient } from "@effect/sql"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { Cache } from "./Cache.ts"
import { Agent, AgentId, AgentNotFound, Member } from "../domain/Agent.ts"
import type { ModelChoice } from "../domain/ModelChoice.ts"
import type { Page } from "../domain/Param.ts"
import { RoomId } from "../domain/RoomId.ts"
import type { Timestamp } from "../domain/Time.ts"
import * as Sql from "./Sql.ts"
import { encodeChoice, StoredChoice } from "./StoredChoice.ts"
import { roomGroup } from "./RoomEvents.ts"
import { Commit } from "./WriteQueue.ts"

export class AgentRepo extends Context.Tag("parley/store/AgentRepo")<
  AgentRepo,
  {
    /** Makes the agent, or brings it up to date and back from retirement. */
    readonly upsert: (agent: Sheet, at: Timestamp) => Effect.Effect<void, never, Commit>
    /** Retires every agent that is not named and gives those; what they said keeps their names. */
    readonly retireOthers: (
      names: ReadonlyArray<string>,
      at: Timestamp
    ) => Effect.Effect<ReadonlyArray<AgentId>, never, Commit>
    /** By name; retired agents are left out. */
    readonly list: (page: Page) => Effect.Effect<ReadonlyArray<Agent>>
    /** One that is not retired. */
    readonly find: (id: AgentId) => Effect.Effect<Agent, AgentNotFound>
    readonly named: (name: string) => Effect.Effect<Agent, AgentNotFound>
    /** Retired or not. */
    readonly known: (id: AgentId) => Effect.Effect<Agent, AgentNotFound>
    /** Those who can speak, in the order of joining; up to a thousand without a page. */
    readonly inRoom: (room: RoomId, page?: Page) => Effect.Effect<ReadonlyArray<Agent>>
    /** Rooms in which anybody sits. */
    readonly occupiedRooms: Effect.Effect<ReadonlyArray<RoomId>>
    /** Who sits in the room, without the texts; in the order of joining. Remembered until the room changes. */
    readonly members: (room: RoomId) => Effect.Effect<ReadonlyArray<Seated>>
    /** Decides what a seated agent speaks with. */
    readonly choose: (room: RoomId, agent: AgentId, choice: ModelChoice) => Effect.Effect<void, never, Commit>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

type Sheet = Omit<Agent, "id" | "session_id" | "created_at">

const Seated = Schema.extend(Member, Schema.Struct({ joined_after: Schema.Int, choice: StoredChoice }))
export type Seated = typeof Seated.Type

const everybody: Page = { limit: 1000 }

const asAgents = Sql.readable(Agent, "agents")
const maybeAgent = Sql.first(Agent, "agents")
const asSeated = Sql.readable(Seated, "agents")
const asIds = Sql.all(Schema.Struct({ id: AgentId }))
const asRoomIds = Sql.all(Schema.Struct({ room_id: RoomId }))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rosters = (yield* Cache).region<ReadonlyArray<Seated>>()
  const agents = sql`SELECT agents.*, NULL AS session_id FROM agents`
  const found = Effect.flatMap(
    Option.match({ onNone: () => AgentNotFound.of(), onSome: (agent: Agent) => Effect.succeed(agent) })
  )

  return AgentRepo.of({
    upsert: (agent, at) => {
      const row = {
        ...agent,
        is_critic: Number(agent.is_critic),
        interrupt_every_turn: Number(agent.interrupt_every_turn),
        transparent: Number(agent.transparent),
        final_response: Number(agent.final_response),
        retired_at: null
      }
      return Effect.zipRight(
        Commit,
        Effect.orDie(sql`
          INSERT INTO agents ${sql.insert({ ...row, created_at: at })}
          ON CONFLICT (name) DO UPDATE SET ${sql.update(row)}`)
      )
    },

    retireOthers: (names, at) =>
      Effect.zipRight(
        Commit,
        Effect.map(
          asIds(sql`
            UPDATE agents SET retired_at = ${at}
            WHERE retired_at IS NULL ${names.length === 0 ? sql.literal("") : sql`AND NOT (${sql.in("name", names)})`}
            RETURNING id`),
          (rows) => rows.map(({ id }) => id)
        )
      ),

    list: ({ limit, ...cursors }) => {
      const { bounds, by, isBackwards } = Sql.keyset(sql, {
        order: ["name"],
        direction: "ASC",
        row: (id) => sql`FROM agents WHERE id = ${id}`,
        ...cursors
      })
      return Effect.map(
        asAgents(sql`
          ${agents} WHERE ${sql.and([sql`retired_at IS NULL`, ...bounds])} ORDER BY ${by} LIMIT ${limit}`),
        (found) => (isBackwards ? found.toReversed() : found)
      )
    },

    find: (id) => found(maybeAgent(sql`${agents} WHERE id = ${id} AND retired_at IS NULL`)),

    named: (name) => found(maybeAgent(sql`${agents} WHERE name = ${name} AND retired_at IS NULL`)),

    known: (id) => found(maybeAgent(sql`${agents} WHERE id = ${id}`)),

    inRoom: (room, { limit, ...cursors } = everybody) => {
      const { bounds, by, isBackwards } = Sql.keyset(sql, {
        order: ["joined_at", "agent_id"],
        direction: "ASC",
        row: (id) => sql`FROM room_agents WHERE room_id = ${room} AND agent_id = ${id}`,
        ...cursors
      })
      return Effect.map(
        asAgents(sql`
          ${agents} JOIN room_agents ON agent_id = id
          WHERE ${sql.and([sql`room_id = ${room}`, sql`retired_at IS NULL`, ...bounds])}
          ORDER BY ${by} LIMIT ${limit}`),
        (found) => (isBackwards ? found.toReversed() : found)
      )
    },

    choose: (room, agent, choice) =>
      Effect.zipRight(
        Commit,
        Effect.orDie(sql`
          UPDATE room_agents SET choice = ${encodeChoice(choice)} WHERE room_id = ${room} AND agent_id = ${agent}`)
      ),

    occupiedRooms: Effect.map(asRoomIds(sql`SELECT DISTINCT room_id FROM room_agents`), (rows) =>
      rows.map(({ room_id }) => room_id)
    ),

    members: (room) =>
      rosters.get(
        { group: roomGroup(room), name: "members" },
        asSeated(sql`
          SELECT agents.*, joined_after, choice FROM agents JOIN room_agents ON agent_id = id
          WHERE room_id = ${room} AND retired_at IS NULL ORDER BY joined_at, id`)
      )
  })
})
