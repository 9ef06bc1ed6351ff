import { Deferred, Effect, FiberId } from "effect"
import type { AgentId } from "../../domain/Agent.ts"
import type { PassInput, RoundId, Tape, Trigger } from "../../domain/Round.ts"
import type { RoomId } from "../../domain/RoomId.ts"
import type { OpenRound, PastTurn } from "../../store/Ledger.ts"

/** Where a round stands while it is played. */
export interface Progress {
  readonly roundId: RoundId
  readonly roomId: RoomId
  readonly trigger: Trigger
  readonly policy: OpenRound["policy"]
  readonly seed: number
  planned: ReadonlyArray<PassInput>
  tape: Tape
  /** The pass that is played; -1 before the first. */
  pass: number
  /** What has ended, by place and agent. */
  readonly past: Map<string, Pick<PastTurn, "attempt" | "outcome" | "said" | "tries">>
  /** Turns that were begun, among them those that wait for others to end. */
  begun: number
  waiting: number
  end: Deferred.Deferred<void>
  /** Run whenever a turn has ended. */
  readonly moved: Effect.Effect<unknown>
}

export const make = (round: OpenRound, past: ReadonlyArray<PastTurn>, moved: Effect.Effect<unknown>): Progress => ({
  roundId: round.id,
  roomId: round.room_id,
  trigger: round.trigger,
  policy: round.policy,
  seed: round.seed,
  planned: round.planned_from,
  tape: round.tape,
  pass: -1,
  past: new Map(past.map((turn) => [placeOf(turn.cell, turn.agent_id), turn])),
  begun: 0,
  waiting: 0,
  end: Deferred.unsafeMake(FiberId.none),
  moved
})

export const placeOf = (index: number, agent: AgentId) => `${index}/${agent}`

/** Whether anything was said in the round. */
export const wasHeard = ({ past }: Progress) => [...past.values()].some(({ outcome }) => outcome === "replied")

/** Counts a turn as begun while it runs, and tells those who wait when it has ended. */
export const counted =
  (progress: Progress) =>
  <A, E, R>(turn: Effect.Effect<A, E, R>) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        progress.begun++
      }),
      () => turn,
      () =>
        Effect.suspend(() => {
          progress.begun--
          const ended = progress.end
          progress.end = Deferred.unsafeMake(FiberId.none)
          return Deferred.succeed(ended, undefined)
        })
    )

/** Returns when a turn that is not waiting itself has ended; false at once when there is none but the caller's. */
export const another = (progress: Progress) =>
  Effect.suspend(() => {
    if (progress.begun - progress.waiting <= 1) return Effect.succeed(false)
    progress.waiting++
    return Effect.ensuring(
      Effect.as(Deferred.await(progress.end), true),
      Effect.sync(() => {
        progress.waiting--
      })
    )
  })
