import { SqlClient } from "@effect/sql"
import { Context, Effect, Layer, Schema } from "effect"
import type { AgentId } from "../domain/Agent.ts"
import type { Finish } from "../domain/Finish.ts"
import { Message } from "../domain/Message.ts"
import type { RoundId } from "../domain/Round.ts"
import type { RoomId } from "../domain/RoomId.ts"
import type { Timestamp } from "../domain/Time.ts"
import * as Sql from "./Sql.ts"
import { columnsOf, insertInto, Statements } from "./Statements.ts"
import { type Commit, within } from "./WriteQueue.ts"

interface NewCritique {
  readonly room_id: RoomId
  readonly round_id: RoundId
  readonly agent_id: AgentId | null
  readonly agent_name: string
  readonly agent_display_name: string | null
  readonly content: string
  readonly thinking: string | null
  readonly provider: string
  readonly partial: boolean
  readonly finish: Finish | null
  readonly timestamp: Timestamp
}

/** What critics wrote: kept apart from the room's messages, so that no reader of those can ever come upon it. */
export class Critiques extends Context.Tag("parley/store/Critiques")<
  Critiques,
  {
    readonly insert: (critique: NewCritique) => Effect.Effect<number, never, Commit>
    /** The newest page before an id, or the page after one; oldest first. Their ids are a sequence of their own. */
    readonly page: (
      room: RoomId,
      window: {
        readonly after?: number | undefined
        readonly before?: number | undefined
        readonly limit: number
      }
    ) => Effect.Effect<ReadonlyArray<Message>>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const asId = Sql.one(Schema.Struct({ id: Schema.Int }))
const asMessages = Sql.readable(Message, "critiques")

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { prepare } = yield* Statements
  const columnsOfNew = columnsOf<NewCritique>({
    room_id: true,
    round_id: true,
    agent_id: true,
    agent_name: true,
    agent_display_name: true,
    content: true,
    thinking: true,
    provider: true,
    partial: true,
    finish: true,
    timestamp: true
  })
  const insert = prepare<Omit<NewCritique, "partial"> & { partial: number }>(
    `${insertInto("critiques", columnsOfNew)} RETURNING id`
  )

  const columns = sql.literal(`
    id, room_id, agent_id, agent_name, agent_display_name, content, 'assistant' AS role, NULL AS participant_type,
    NULL AS participant_name, NULL AS image_data, NULL AS image_media_type, NULL AS images, NULL AS anthropic_calls,
    NULL AS excuse_reasons, thinking, provider, partial, finish, timestamp,
    (SELECT profile_pic FROM agents WHERE agents.id = critiques.agent_id) AS agent_profile_pic`)

  return Critiques.of({
    insert: ({ partial, ...critique }) =>
      within(Effect.map(asId(insert({ ...critique, partial: Number(partial) })), ({ id }) => id)),

    page: (room, { after, before, limit }) => {
      const bounds = [
        sql`room_id = ${room}`,
        sql`id > ${Sql.seenAfter(sql, "cleared_critiques", room, after ?? 0)}`,
        ...(before === undefined ? [] : [sql`id < ${before}`])
      ]
      const order = sql.literal(after === undefined ? "DESC" : "ASC")
      return Effect.map(
        asMessages(sql`SELECT ${columns} FROM critiques WHERE ${sql.and(bounds)} ORDER BY id ${order} LIMIT ${limit}`),
        (found) => (after === undefined ? found.toReversed() : found)
      )
    }
  })
})
