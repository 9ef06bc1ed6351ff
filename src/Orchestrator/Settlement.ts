import { Context, Effect, Layer, Metric, Schedule } from "effect"
import type { TurnId } from "../domain/Round.ts"
import * as Time from "../domain/Time.ts"
import type { Draft } from "../LiveTurns.ts"
import { MessageRepo } from "../Messages/Repo.ts"
import { RoomEvents } from "../RoomEvents.ts"
import { RoomRepo } from "../Rooms/Repo.ts"
import { type Commit, WriteQueue } from "../WriteQueue.ts"
import type { Brief, Stand } from "./Brief.ts"
import { Ledger } from "./Ledger.ts"
import type { Verdict } from "./Verdict.ts"

export interface Settled {
  readonly turnId: TurnId
  readonly stand: Stand
  readonly brief: Brief
  readonly draft: Draft
  readonly verdict: Verdict
  readonly duration_ms: number
}

/** The end of a turn: its outcome, what was said, the session and the events, in one transaction. */
export class Settlements extends Context.Tag("parley/Orchestrator/Settlement/Settlements")<
  Settlements,
  {
    readonly settle: (settled: Settled) => Effect.Effect<void>
    /** Commits a write of the room's own. A full queue is waited for: the room must not lose what has happened. */
    readonly persist: <A>(write: Effect.Effect<A, never, Commit>) => Effect.Effect<A>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const turns = Metric.counter("parley_turns_total")
const patience = Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(300))

const make = Effect.gen(function* () {
  const queue = yield* WriteQueue
  const rooms = yield* RoomRepo
  const messages = yield* MessageRepo
  const ledger = yield* Ledger
  const events = yield* RoomEvents

  const message = Effect.fnUntraced(function* ({ draft, stand, verdict }: Settled, content: string) {
    const timestamp = yield* Time.now
    const stored = yield* messages.insert({
      room_id: stand.room.id,
      agent_id: stand.agent.id,
      agent_name: stand.agent.name,
      role: "assistant",
      participant_type: null,
      participant_name: null,
      content,
      thinking: draft.thinking === "" ? null : draft.thinking,
      provider: stand.provider.name,
      partial: verdict.outcome !== "replied",
      idempotency_key: null,
      timestamp
    })
    yield* rooms.touch(stand.room.id, timestamp, verdict.outcome === "replied" ? 1 : 0)
    yield* events.append(stand.room.id, { type: "new_message", message: stored })
    return stored.id
  })

  const session = Effect.fnUntraced(function* ({ brief, stand, verdict }: Settled) {
    const { agent, model, provider, room } = stand
    const id = verdict.done?.sessionId
    if (!id) return yield* ledger.dropSessions(room.id, agent.id)
    const at = yield* Time.now
    yield* ledger.keepSession(
      room.id,
      agent.id,
      { provider: provider.name, model, session_id: id, prompt_hash: brief.promptHash, last_message_id: brief.newest },
      at
    )
  })

  const write = Effect.fnUntraced(function* (settled: Settled) {
    const { draft, duration_ms, stand, turnId, verdict } = settled
    const room = yield* rooms.find(stand.room.id)
    const message_id = verdict.said === null ? null : yield* message(settled, verdict.said)
    yield* session(settled)
    yield* ledger.closeTurn(turnId, {
      outcome: verdict.outcome,
      ended_at: yield* Time.now,
      error: verdict.error,
      message_id,
      usage: verdict.done?.usage ?? null,
      first_token_ms: draft.firstTokenMs,
      duration_ms
    })
    yield* events.append(room.id, {
      type: "stream_end",
      turn_id: turnId,
      temp_id: `temp_${turnId}`,
      agent_id: stand.agent.id,
      agent_name: stand.agent.name,
      outcome: verdict.outcome,
      skipped: verdict.outcome === "skipped",
      response_text: verdict.said,
      thinking_text: draft.thinking === "" ? null : draft.thinking,
      error: verdict.error
    })
  })

  const persist = <A>(job: Effect.Effect<A, never, Commit>) => Effect.orDie(Effect.retry(queue.write(job), patience))

  return Settlements.of({
    persist,
    settle: (settled) =>
      persist(
        // A room that is gone took its ledger along: nothing is left to be settled.
        Effect.catchTag(write(settled), "RoomNotFound", () => Effect.void)
      ).pipe(Effect.zipRight(Metric.increment(Metric.tagged(turns, "outcome", settled.verdict.outcome))))
  })
})
