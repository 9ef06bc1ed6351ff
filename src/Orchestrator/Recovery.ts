import { Effect, Layer } from "effect"
import * as Time from "../domain/Time.ts"
import { RoomEvents } from "../RoomEvents.ts"
import { WriteQueue } from "../WriteQueue.ts"
import { Ledger } from "./Ledger.ts"

/**
 * What a dead server has left is resolved before anybody can ask: its turns and rounds are interrupted, and the seats
 * begin anew from the log, for their sessions may know what the room does not.
 */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const events = yield* RoomEvents
    const queue = yield* WriteQueue
    const { rounds, turns } = yield* ledger.unfinished
    const ended_at = yield* Time.now

    const endTurn = (turn: (typeof turns)[number]) =>
      ledger
        .closeTurn(turn.id, {
          outcome: "interrupted",
          ended_at,
          error: null,
          message_id: null,
          usage: null,
          first_token_ms: null,
          duration_ms: null
        })
        .pipe(
          Effect.zipRight(ledger.dropSessions(turn.room_id, turn.agent_id)),
          Effect.zipRight(
            events.append(turn.room_id, {
              type: "stream_end",
              turn_id: turn.id,
              temp_id: `temp_${turn.id}`,
              agent_id: turn.agent_id,
              agent_name: turn.agent_name,
              outcome: "interrupted",
              skipped: false,
              response_text: null,
              thinking_text: null,
              error: null
            })
          )
        )

    const endRound = ({ id, room_id }: (typeof rounds)[number]) =>
      Effect.zipRight(
        ledger.closeRound(id, "interrupted", ended_at),
        events.append(room_id, { type: "round_ended", round_id: id, stop_reason: "interrupted" })
      )

    if (turns.length + rounds.length === 0) return
    yield* queue.write(
      Effect.zipRight(
        Effect.forEach(turns, endTurn, { discard: true }),
        Effect.forEach(rounds, endRound, { discard: true })
      )
    )
    yield* Effect.logWarning(`the last server ended in the middle of ${turns.length} turns; they count as interrupted`)
  })
)
