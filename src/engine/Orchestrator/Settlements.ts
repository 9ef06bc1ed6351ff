import { Effect, Option } from "effect"
import type { RoomRow } from "../../domain/Room.ts"
import type { Outcome, Reason, RoundId, TurnId } from "../../domain/Round.ts"
import * as Time from "../../domain/Time.ts"
import type { Draft } from "../LiveTurns.ts"
import { MessageRepo } from "../../store/MessageRepo.ts"
import { RoomEvents } from "../../store/RoomEvents.ts"
import { RoomRepo } from "../../store/RoomRepo.ts"
import { Critiques } from "../../store/Critiques.ts"
import { type Commit, WriteQueue } from "../../store/WriteQueue.ts"
import type { Brief } from "./Briefs.ts"
import type { TurnSetting } from "./TurnSetting.ts"
import { Ledger } from "../../store/Ledger.ts"
import { settled } from "./Allowance.ts"
import type { Amount } from "../../domain/Usage.ts"
import { circling, isIdle, longest, span } from "./LoopGuard.ts"
import { Sessions } from "../../store/Sessions.ts"
import { count } from "./Settlements/Count.ts"
import { discarded, type Verdict } from "./Verdict.ts"

export interface TurnResult {
  readonly turnId: TurnId
  readonly roundId: RoundId
  readonly reason: Reason
  /** The loop guard lets everybody answer a person once, however alike the answers are. */
  readonly isAnswer: boolean
  readonly setting: TurnSetting
  readonly brief: Brief
  readonly reserved: Amount
  readonly draft: Draft
  readonly verdict: Verdict
  readonly duration_ms: number
}

/** What became of a turn. */
export interface Ended {
  readonly outcome: Outcome
  readonly said: string | null
  /** Whether it gives the others something to answer. */
  readonly wakes: boolean
}

/** The end of a turn: its outcome, what was said, the session, its cost and the events, in one transaction. */
export interface Settlements {
  /** What was said counts as discarded when the round has been ended by somebody meanwhile. */
  readonly settle: (settled: TurnResult) => Effect.Effect<Ended>
}

interface Said {
  readonly message_id: number | null
  readonly wakes: boolean
  readonly loop_guard: string | null
}

const nothing: Said = { message_id: null, wakes: false, loop_guard: null }

export const make = Effect.gen(function* () {
  const queue = yield* WriteQueue
  const rooms = yield* RoomRepo
  const messages = yield* MessageRepo
  const critiques = yield* Critiques
  const ledger = yield* Ledger
  const sessions = yield* Sessions
  const events = yield* RoomEvents

  const words = ({ draft, setting, verdict }: TurnResult, content: string, timestamp: Time.Timestamp) => ({
    room_id: setting.room.id,
    agent_id: setting.agent.id,
    agent_name: setting.agent.name,
    content,
    thinking: draft.thinking === "" ? null : draft.thinking,
    provider: setting.provider.name,
    partial: verdict.outcome !== "replied",
    timestamp
  })

  const speech = Effect.fnUntraced(function* (turn: TurnResult, room: RoomRow, content: string) {
    const { agent } = turn.setting
    const before = yield* messages.replies(room.id, room.guard_after, { limit: span, characters: longest })
    const timestamp = yield* Time.now
    const message = yield* messages.insert({
      ...words(turn, content, timestamp),
      role: "assistant",
      participant_type: null,
      participant_name: null,
      idempotency_key: null
    })
    yield* events.append(room.id, { type: "new_message", message })
    if (turn.verdict.outcome !== "replied") return { ...nothing, message_id: message.id }
    const reply = { agent_id: agent.id, agent_name: agent.name, content }
    return {
      message_id: message.id,
      wakes: !isIdle(reply, before),
      loop_guard: turn.isAnswer ? null : Option.getOrNull(circling([...before, reply]))
    }
  })

  const critique = Effect.fnUntraced(function* (turn: TurnResult, content: string) {
    const { agent, room } = turn.setting
    const critique_id = yield* critiques.insert({
      ...words(turn, content, yield* Time.now),
      round_id: turn.roundId
    })
    yield* events.append(room.id, {
      type: "new_critique",
      critique_id,
      round_id: turn.roundId,
      agent_id: agent.id,
      agent_name: agent.name
    })
    return nothing
  })

  const utter = (turn: TurnResult, room: RoomRow): Effect.Effect<Said, never, Commit> => {
    const { said } = turn.verdict
    if (said === null) return Effect.succeed(nothing)
    return turn.reason === "critic" ? critique(turn, said) : speech(turn, room, said)
  }

  /** What a provider that remembers nothing is told does not depend on how a turn ended. */
  const session = Effect.fnUntraced(function* ({ brief, reserved, setting, verdict }: TurnResult) {
    const { agent, model, occasion, provider, room } = setting
    const isLost = occasion === "critique" || verdict.outcome === "discarded"
    const id = provider.remembers ? verdict.done?.sessionId : brief.session.session_id
    if (!id || isLost) return yield* sessions.drop(room.id, agent.id)
    const record = {
      ...brief.session,
      provider: provider.name,
      model,
      session_id: id,
      prompt_hash: brief.promptHash,
      last_message_id: verdict.done === null ? brief.session.last_message_id : brief.newest,
      tokens: settled(reserved, verdict).tokens
    }
    yield* sessions.keep(room.id, agent.id, record, yield* Time.now)
  })

  const tell = ({ draft, setting, turnId, verdict }: TurnResult) =>
    events.append(setting.room.id, {
      type: "stream_end",
      turn_id: turnId,
      temp_id: `temp_${turnId}`,
      agent_id: setting.agent.id,
      agent_name: setting.agent.name,
      outcome: verdict.outcome,
      skipped: verdict.outcome === "skipped",
      response_text: verdict.said,
      thinking_text: draft.thinking === "" ? null : draft.thinking,
      error: verdict.error
    })

  const account = Effect.fnUntraced(function* (turn: TurnResult, room: RoomRow, said: Said) {
    const { error, outcome, spent } = turn.verdict
    const counted = settled(turn.reserved, turn.verdict)
    const ended_at = yield* Time.now
    yield* ledger.closeTurn(turn.turnId, {
      outcome,
      ended_at,
      error,
      message_id: said.message_id,
      usage: spent.usage,
      counted,
      first_token_ms: turn.draft.firstTokenMs,
      duration_ms: turn.duration_ms
    })
    const changed = yield* rooms.settle(room.id, {
      spoken_at: said.message_id === null ? null : ended_at,
      replies: outcome === "replied" && turn.reason !== "critic" ? 1 : 0,
      counted,
      loop_guard: said.loop_guard
    })
    if (said.loop_guard !== null) yield* events.append(room.id, { type: "room_updated", room: changed })
  })

  const write = Effect.fnUntraced(function* (asked: TurnResult) {
    const room = yield* rooms.find(asked.setting.room.id)
    const { isOpen } = yield* ledger.state(room.id, asked.roundId)
    const turn = isOpen ? asked : { ...asked, verdict: discarded(asked.verdict) }
    const said = yield* utter(turn, room)
    yield* session(turn)
    yield* account(turn, room, said)
    if (turn.reason !== "critic") yield* tell(turn)
    return { outcome: turn.verdict.outcome, said: turn.verdict.said, wakes: said.wakes }
  })

  return {
    settle: (turn) =>
      queue
        .persist(
          // A room that is gone took its ledger along: nothing is left to be settled.
          Effect.catchTag(write(turn), "RoomNotFound", () =>
            Effect.succeed<Ended>({ outcome: "discarded", said: null, wakes: false })
          )
        )
        .pipe(Effect.tap(({ outcome }) => Effect.sync(() => count(turn, outcome))))
  } satisfies Settlements
})
