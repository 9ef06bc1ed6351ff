import { SqlClient, type SqlError } from "@effect/sql"
import { Context, Effect, Layer, Option, Schema } from "effect"
import type { RoomId } from "../domain/RoomId.ts"
import { RoundId, Trigger } from "../domain/Round.ts"
import * as Sql from "./Sql.ts"
import { Statements } from "./Statements.ts"

/** What rounds were asked that have not answered it. */
export class AskedRepo extends Context.Tag("parley/store/AskedRepo")<
  AskedRepo,
  {
    /** In the open rounds of a room in which no turn has begun, oldest first. */
    readonly waiting: (room: RoomId) => Effect.Effect<ReadonlyArray<Trigger>>
    /**
     * By messages in the newest rounds of a room, oldest first, as far as nothing was said in them: a pause or the
     * budget held them up, or is about to.
     */
    readonly heldUp: (room: RoomId) => Effect.Effect<ReadonlyArray<Trigger>>
    /** In the room's newest round that somebody asked for, if that round was set aside. */
    readonly setAside: (room: RoomId) => Effect.Effect<Option.Option<Trigger>>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const asRows = Sql.readable(Schema.Struct({ id: RoundId, trigger: Schema.parseJson(Trigger) }), "rounds")

/** As many rounds as one message can answer. */
const most = 1000

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { prepare } = yield* Statements
  const waiting = prepare<{ room: RoomId }>(`
    SELECT id, "trigger" FROM rounds WHERE ended_at IS NULL AND room_id = @room
      AND NOT EXISTS (SELECT 1 FROM turns WHERE round_id = rounds.id)
    ORDER BY id`)
  const asked = (rows: Effect.Effect<ReadonlyArray<unknown>, SqlError.SqlError>) =>
    Effect.map(asRows(rows), (found) => found.map(({ trigger }) => trigger))

  const isHeldUp = sql`kind = 'message' AND (ended_at IS NULL OR stop_reason IN ('paused', 'budget'))
    AND NOT EXISTS (SELECT 1 FROM turns WHERE round_id = rounds.id AND message_id IS NOT NULL)`

  return AskedRepo.of({
    waiting: (room) => asked(waiting({ room })),

    heldUp: (room) =>
      Effect.map(
        asked(sql`
          SELECT id, "trigger" FROM rounds WHERE room_id = ${room} AND ${isHeldUp} AND id > (
            SELECT coalesce(max(id), 0) FROM rounds WHERE room_id = ${room} AND NOT (${isHeldUp}))
          ORDER BY id DESC LIMIT ${most}`),
        (found) => found.toReversed()
      ),

    setAside: (room) =>
      Effect.map(
        asked(sql`
          SELECT id, "trigger" FROM rounds WHERE stop_reason = 'set_aside' AND id = (
            SELECT id FROM rounds WHERE room_id = ${room} AND kind <> 'autonomous' ORDER BY id DESC LIMIT 1)`),
        ([trigger]) => Option.fromNullable(trigger)
      )
  })
})
