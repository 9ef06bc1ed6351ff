import { SqlClient } from "@effect/sql"
import { Context, Effect, Layer, type Option, Schema } from "effect"
import { RoomId } from "../domain/RoomId.ts"
import { RoundId } from "../domain/Round.ts"
import type { Timestamp } from "../domain/Time.ts"
import * as Sql from "./Sql.ts"
import { Commit } from "./WriteQueue.ts"

export type Kind = "room" | "document"

const Mark = Schema.Struct({ room_id: RoomId, last_id: Schema.Int, last_timestamp: Schema.String })
/** The room that something became, and the last message of it that was taken over. */
export type Mark = typeof Mark.Type

export class ImportRepo extends Context.Tag("parley/store/ImportRepo")<
  ImportRepo,
  {
    readonly find: (kind: Kind, source: string) => Effect.Effect<Option.Option<Mark>>
    /** Names of agents that this server had and that were removed from it. */
    readonly removed: Effect.Effect<ReadonlySet<string>>
    /** A round to which feedback belongs that was given elsewhere. */
    readonly round: (room: RoomId, at: Timestamp) => Effect.Effect<RoundId, never, Commit>
    /** Whoever follows the room reads it anew: what was added is not in its log. */
    readonly interrupt: (room: RoomId) => Effect.Effect<void, never, Commit>
    readonly put: (kind: Kind, source: string, mark: Mark) => Effect.Effect<void, never, Commit>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const elsewhere = {
  kind: "continue",
  trigger: `{"kind":"continue","cause":null}`,
  policy: "priority",
  seed: 0,
  tape: "[]",
  stop_reason: "complete"
}

const asRound = Sql.one(Schema.Struct({ id: RoundId }))
const asNames = Sql.all(Schema.Struct({ name: Schema.String }))
const maybeMark = Sql.first(Mark)

const make = Effect.map(SqlClient.SqlClient, (sql) =>
  ImportRepo.of({
    find: (kind, source) =>
      maybeMark(sql`
        SELECT room_id, last_id, last_timestamp FROM imports JOIN rooms ON rooms.id = room_id
        WHERE kind = ${kind} AND source = ${source} AND state = 'open'`),

    removed: Effect.map(
      asNames(sql`SELECT name FROM agents WHERE retired_at IS NOT NULL`),
      (rows) => new Set(rows.map(({ name }) => name))
    ),

    round: (room_id, at) =>
      Effect.zipRight(
        Commit,
        Effect.map(
          asRound(
            sql`INSERT INTO rounds ${sql.insert({ ...elsewhere, room_id, started_at: at, ended_at: at })} RETURNING id`
          ),
          ({ id }) => id
        )
      ),

    interrupt: (room) =>
      Effect.zipRight(
        Commit,
        Effect.orDie(sql`
          UPDATE rooms SET events_pruned_to = (SELECT coalesce(max(id), 0) + 1 FROM events) WHERE id = ${room}`)
      ),

    put: (kind, source, mark) =>
      Effect.zipRight(
        Commit,
        Effect.orDie(sql`
          INSERT INTO imports ${sql.insert({ kind, source, ...mark })}
          ON CONFLICT (kind, source) DO UPDATE SET ${sql.update(mark)}`)
      )
  })
)
