import { Effect, Option, Struct } from "effect"
import type { AgentId } from "../../domain/Agent.ts"
import { circling, isIdle, longest, span } from "../../domain/LoopGuard.ts"
import type { RoomRow } from "../../domain/Room.ts"
import type { RoomId } from "../../domain/RoomId.ts"
import type { Outcome, Reason, RoundId, TurnId } from "../../domain/Round.ts"
import * as Time from "../../domain/Time.ts"
import { Critiques } from "../Critiques.ts"
import { Ledger, type TurnEnd } from "../Ledger.ts"
import { MessageRepo } from "../MessageRepo.ts"
import { RoomEvents } from "../RoomEvents.ts"
import { RoomRepo } from "../RoomRepo.ts"
import { type SessionRecord, Sessions } from "../Sessions.ts"
import { Commit, WriteQueue } from "../WriteQueue.ts"

/** The end of a turn. */
export interface SettleTurn extends Omit<TurnEnd, "ended_at" | "message_id"> {
  readonly turn_id: TurnId
  readonly round_id: RoundId
  readonly room_id: RoomId
  readonly agent_id: AgentId
  readonly agent_name: string
  readonly agent_display_name: string | null
  readonly reason: Reason
  /** The loop guard lets everybody answer a person once, however alike the answers are. */
  readonly isAnswer: boolean
  readonly provider: string
  /** What the agent said; null when nothing of it stays. */
  readonly said: string | null
  readonly thinking: string | null
  /** The seat's session after the turn; null where the next turn begins anew. */
  readonly session: SessionRecord | null
}

export interface SettledTurn {
  /** `discarded` where the round had been ended by somebody, or the room is gone. */
  readonly outcome: Outcome
  readonly said: string | null
  /** Whether it gives the others something to answer. */
  readonly wakes: boolean
}

interface Said {
  readonly message_id: number | null
  readonly wakes: boolean
  readonly loop_guard: string | null
}

const nothing: Said = { message_id: null, wakes: false, loop_guard: null }

/** What was said is not wanted any more, and the session must not remember it; its cost stays. */
const discarded = (turn: SettleTurn): SettleTurn => ({
  ...turn,
  outcome: "discarded",
  said: null,
  finish: null,
  session: null
})

export const make = Effect.gen(function* () {
  const queue = yield* WriteQueue
  const rooms = yield* RoomRepo
  const messages = yield* MessageRepo
  const critiques = yield* Critiques
  const ledger = yield* Ledger
  const sessions = yield* Sessions
  const events = yield* RoomEvents

  const words = (turn: SettleTurn, content: string, timestamp: Time.Timestamp) => ({
    room_id: turn.room_id,
    agent_id: turn.agent_id,
    agent_name: turn.agent_name,
    agent_display_name: turn.agent_display_name,
    content,
    thinking: turn.thinking,
    provider: turn.provider,
    partial: turn.outcome !== "replied",
    finish: turn.finish,
    timestamp
  })

  const speech = Effect.fnUntraced(function* (turn: SettleTurn, room: RoomRow, content: string) {
    const before = yield* messages.replies(room.id, room.guard_after, { limit: span, characters: longest })
    const message = yield* messages.insert({
      ...words(turn, content, (yield* Commit).now()),
      role: "assistant",
      participant_type: null,
      participant_name: null,
      idempotency_key: null
    })
    yield* events.append(room.id, { type: "new_message", message })
    if (turn.outcome !== "replied") return { ...nothing, message_id: message.id }
    const reply = { ...Struct.pick(turn, "agent_id", "agent_name", "agent_display_name"), content }
    return {
      message_id: message.id,
      wakes: !isIdle(reply, before),
      loop_guard: turn.isAnswer ? null : Option.getOrNull(circling([...before, reply]))
    }
  })

  const critique = Effect.fnUntraced(function* (turn: SettleTurn, content: string) {
    const { agent_display_name, agent_id, agent_name, room_id, round_id } = turn
    const critique_id = yield* critiques.insert({ ...words(turn, content, (yield* Commit).now()), round_id })
    const who = { agent_id, agent_name, agent_display_name }
    yield* events.append(room_id, { type: "new_critique", critique_id, round_id, ...who })
    return nothing
  })

  const utter = (turn: SettleTurn, room: RoomRow): Effect.Effect<Said, never, Commit> => {
    if (turn.said === null) return Effect.succeed(nothing)
    return turn.reason === "critic" ? critique(turn, turn.said) : speech(turn, room, turn.said)
  }

  const session = Effect.fnUntraced(function* ({ agent_id, room_id, session: record }: SettleTurn) {
    if (record === null) return yield* sessions.drop(room_id, agent_id)
    yield* sessions.keep(room_id, agent_id, record, (yield* Commit).now())
  })

  const tell = (turn: SettleTurn) => {
    const { error, finish, outcome, room_id, said, thinking, turn_id } = turn
    return events.append(room_id, {
      type: "stream_end",
      turn_id,
      temp_id: `temp_${turn_id}`,
      ...Struct.pick(turn, "agent_id", "agent_name", "agent_display_name"),
      outcome,
      skipped: outcome === "skipped",
      finish,
      response_text: said,
      thinking_text: thinking,
      error
    })
  }

  const account = Effect.fnUntraced(function* (turn: SettleTurn, { loop_guard, message_id }: Said) {
    const { counted, duration_ms, error, finish, first_token_ms, outcome, room_id, usage } = turn
    const ended_at = (yield* Commit).now()
    const end = { outcome, finish, ended_at, error, message_id, usage, counted, first_token_ms, duration_ms }
    yield* ledger.closeTurn(turn.turn_id, end)
    const room = yield* rooms.settle(room_id, {
      spoken_at: message_id === null ? null : ended_at,
      replies: outcome === "replied" && turn.reason !== "critic" ? 1 : 0,
      counted,
      loop_guard
    })
    if (loop_guard !== null) yield* events.append(room_id, { type: "room_updated", room })
  })

  const write = Effect.fnUntraced(function* (asked: SettleTurn) {
    const room = yield* rooms.find(asked.room_id)
    const { isOpen } = yield* ledger.state(room.id, asked.round_id)
    const turn = isOpen ? asked : discarded(asked)
    const said = yield* utter(turn, room)
    yield* session(turn)
    yield* account(turn, said)
    if (turn.reason !== "critic") yield* tell(turn)
    return { outcome: turn.outcome, said: turn.said, wakes: said.wakes } satisfies SettledTurn
  })

  return (turn: SettleTurn): Effect.Effect<SettledTurn> =>
    queue.persist(
      // A room that is gone took its ledger along: nothing is left to be settled.
      Effect.catchTag(write(turn), "RoomNotFound", () =>
        Effect.succeed<SettledTurn>({ outcome: "discarded", said: null, wakes: false })
      )
    )
})
