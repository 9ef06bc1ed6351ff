import { Array, Effect, Layer, Option } from "effect"
import * as Time from "../domain/Time.ts"
import { Orchestrator } from "../Orchestrator.ts"
import { RoomEvents } from "../RoomEvents.ts"
import { RoomRepo } from "../Rooms/Repo.ts"
import { WriteQueue } from "../WriteQueue.ts"
import { Ledger, type OpenRound, type OpenTurn } from "./Ledger.ts"
import { RoundPlayer } from "./RoundPlayer.ts"
import { Sessions } from "./Sessions.ts"

/**
 * What a dead server has left is resolved before anybody can ask: its turns are interrupted, their seats begin anew from
 * the log, for their sessions may know what the room does not; rounds that a person waits for go on with the agents that
 * had not spoken, the others end.
 */
export const layer = Layer.effectDiscard(
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const sessions = yield* Sessions
    const rooms = yield* RoomRepo
    const rounds = yield* RoundPlayer
    const events = yield* RoomEvents
    const queue = yield* WriteQueue
    const orchestrator = yield* Orchestrator
    const turns = yield* ledger.openTurns
    const open = yield* ledger.open(null)
    const ended_at = yield* Time.now

    const endTurn = Effect.fnUntraced(function* (turn: OpenTurn) {
      const { agent_id, agent_name, id, reserved_tokens, reserved_usd, room_id } = turn
      const counted = { tokens: reserved_tokens, usd: reserved_usd }
      yield* ledger.closeTurn(id, {
        outcome: "interrupted",
        ended_at,
        error: null,
        message_id: null,
        usage: null,
        counted,
        first_token_ms: null,
        duration_ms: null
      })
      yield* Effect.ignore(rooms.settle(room_id, { spoken_at: null, replies: 0, counted, loop_guard: null }))
      yield* sessions.drop(room_id, agent_id)
      if (turn.reason === "critic") return
      yield* events.append(room_id, {
        type: "stream_end",
        turn_id: id,
        temp_id: `temp_${id}`,
        agent_id,
        agent_name,
        outcome: "interrupted",
        skipped: false,
        response_text: null,
        thinking_text: null,
        error: null
      })
    })

    const goOn = Effect.fnUntraced(function* (round: OpenRound) {
      const room = yield* Effect.option(rooms.find(round.room_id))
      const isPaused = Option.exists(room, ({ is_paused }) => is_paused)
      if (isPaused || round.trigger.kind === "autonomous") {
        return yield* rounds.close(round.id, isPaused ? "paused" : "interrupted")
      }
      yield* orchestrator.play(round.room_id, round.id, "now")
    })

    if (turns.length > 0) {
      yield* queue.write(Effect.forEach(turns, endTurn, { discard: true }))
      yield* Effect.logWarning(
        `the last server ended in the middle of ${turns.length} turns; they count as interrupted`
      )
    }
    for (const ofRoom of Object.values(Array.groupBy(open, ({ room_id }) => String(room_id)))) {
      yield* Effect.forEach(Array.initNonEmpty(ofRoom), ({ id }) => rounds.close(id, "interrupted"))
      yield* goOn(Array.lastNonEmpty(ofRoom))
    }
  })
)
