import { Cause, Chunk, Effect, Exit, Option } from "effect"
import { WriteQueue } from "../../store/WriteQueue.ts"
import { Closing } from "../../process/Closing.ts"
import { isDue } from "../../domain/Plan.ts"
import type { PassInput, RoundId, StopReason } from "../../domain/Round.ts"
import { faultIn, isPassing } from "../../domain/Storage.ts"
import { attended } from "../../lib/attended.ts"
import { Unreadable } from "../../lib/unreadable.ts"
import { Openings } from "../../store/Openings.ts"
import { RoomRepo } from "../../store/RoomRepo.ts"
import * as GenAi from "../../telemetry/GenAi.ts"
import { type Cells, type Heard } from "./Cells.ts"
import { Ledger, type OpenRound, type RoundHead } from "../../store/Ledger.ts"
import type { Passes } from "./Passes.ts"
import * as Progress from "./Progress.ts"

/** Why a round should end, asked by somebody outside of it. */
export interface Halt {
  /** At once: the turns under way are interrupted. */
  readonly now: Effect.Effect<StopReason>
  /** When the turn under way has ended. */
  readonly soon: Effect.Effect<Option.Option<StopReason>>
  /** Run whenever a turn of the round has ended. */
  readonly moved: Effect.Effect<unknown>
}

export interface RoundPlayer {
  /**
   * Plays an open round to its end, from where it stands: what was said in it already is not said again. The turns
   * under way are settled, and the ledger has the reason, when this returns. A server that closes leaves the round
   * open, for the next one to go on with, and takes the try back. What cannot be read sets the round aside; a storage
   * that fails for a time leaves it open, and dies with what it is.
   */
  readonly play: (id: RoundId, halt: Halt) => Effect.Effect<void>
  /** Counts another try at an open round, on disk when this returns; false when it has ended. */
  readonly claim: (id: RoundId) => Effect.Effect<boolean>
  /** Ends a round that is not being played. */
  readonly close: (id: RoundId, reason: StopReason) => Effect.Effect<void>
}

type Pass = { readonly halt: Option.Option<StopReason>; readonly heard: ReadonlyArray<Heard> }

interface Epilogue {
  /** Those who sum up speak after it, though a limit ended the talk. */
  readonly final: boolean
  readonly critics: boolean
  /** Where the last reply went in circles, that is the reason. */
  readonly yieldsToGuard: boolean
}

/** What follows each end of a talk. */
const epilogues: Readonly<Record<StopReason, Epilogue>> = {
  complete: { final: false, critics: true, yieldsToGuard: true },
  everyone_skipped: { final: false, critics: true, yieldsToGuard: false },
  max_interactions: { final: true, critics: true, yieldsToGuard: false },
  max_messages: { final: true, critics: true, yieldsToGuard: false },
  max_rounds: { final: true, critics: true, yieldsToGuard: true },
  budget: { final: false, critics: false, yieldsToGuard: false },
  loop_guard: { final: false, critics: true, yieldsToGuard: false },
  paused: { final: false, critics: false, yieldsToGuard: false },
  interrupted: { final: false, critics: false, yieldsToGuard: false },
  provider_unavailable: { final: false, critics: true, yieldsToGuard: false },
  no_agents: { final: false, critics: false, yieldsToGuard: false },
  nobody_mentioned: { final: false, critics: false, yieldsToGuard: false },
  set_aside: { final: false, critics: true, yieldsToGuard: false }
}

export const make = Effect.fnUntraced(function* ({
  cells,
  passes
}: {
  readonly cells: Cells
  readonly passes: Passes
}) {
  const { persist } = yield* WriteQueue
  const closing = yield* Closing
  const rooms = yield* RoomRepo
  const openings = yield* Openings
  const ledger = yield* Ledger

  const playPass = Effect.fnUntraced(function* (progress: Progress.Progress, input: PassInput, halt: Halt) {
    const heard: Array<Heard> = []
    const pass = (reason: Option.Option<StopReason>): Pass => ({ halt: reason, heard })
    for (const [index, cell] of progress.tape.entries()) {
      if (cell.pass !== input.pass || !isDue(cell, heard)) continue
      const wanted = yield* halt.soon
      if (Option.isSome(wanted)) return pass(wanted)
      const played = yield* cells.play(progress, input, { index, cell, heard })
      heard.push(...played.heard)
      if (Option.isSome(played.refused)) return pass(played.refused)
      // Somebody may have left because the round is to end, and is still to be heard when it goes on.
      const left = played.heard.some(({ outcome }) => outcome === "interrupted") ? yield* halt.soon : Option.none()
      if (Option.isSome(left)) return pass(left)
    }
    return pass(Option.none())
  })

  /** The answer, and what the agents say to each other after it. */
  const talk = Effect.fnUntraced(function* (progress: Progress.Progress, halt: Halt) {
    const { max_follow_ups } = yield* rooms.find(progress.roomId)
    let input = yield* passes.first(progress)
    for (let followUps = 0; ; followUps++) {
      const pass = yield* playPass(progress, input, halt)
      if (Option.isSome(pass.halt)) return pass.halt.value
      const speakers = input.members.filter((member) => !member.is_critic).length
      if (progress.tape.length === 0) return speakers === 0 ? "no_agents" : "nobody_mentioned"
      const isAlone = speakers === 1
      const isOver = isAlone || progress.trigger.kind === "autonomous"
      if (isOver || !pass.heard.some(({ wakes }) => wakes)) return silence(followUps, pass.heard)
      if (followUps >= max_follow_ups) return "max_rounds"
      input = yield* passes.next(progress, "follow_up", pass.heard)
    }
  })

  const epilogue = Effect.fnUntraced(function* (progress: Progress.Progress, kind: "final" | "critics", halt: Halt) {
    const due = (yield* passes.members(progress)).some((it) => (kind === "final" ? it.final_response : it.is_critic))
    return due ? (yield* playPass(progress, yield* passes.next(progress, kind, []), halt)).halt : Option.none()
  })

  const whole = Effect.fnUntraced(function* (progress: Progress.Progress, halt: Halt) {
    const reason: StopReason = yield* talk(progress, halt)
    const cut = epilogues[reason].final ? yield* epilogue(progress, "final", halt) : Option.none()
    const end = Option.getOrElse(
      Option.filter(cut, (it) => !epilogues[it].final),
      () => reason
    )
    if (epilogues[end].critics && Progress.wasHeard(progress)) yield* epilogue(progress, "critics", halt)
    return end
  })

  const close = Effect.fnUntraced(function* (round: RoundHead, end: StopReason, detail?: string) {
    const write = Effect.gen(function* () {
      const circles = yield* rooms.circles(round.room_id)
      // The last reply of all may have been the one that went in circles.
      const reason = circles !== null && epilogues[end].yieldsToGuard ? "loop_guard" : end
      const stop_detail = reason === "loop_guard" ? circles : (detail ?? null)
      yield* openings.close(round, { stop_reason: reason, stop_detail })
    })
    // The room may be gone, and its rounds with it.
    yield* persist(Effect.catchTag(write, "RoomNotFound", () => Effect.void))
    yield* GenAi.stopped(end)
  })

  const playOut = (round: OpenRound, halt: Halt) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const progress = Progress.make(round, yield* ledger.past(round.id), halt.moved)
        const played = Effect.catchTag(whole(progress, halt), "RoomNotFound", () =>
          Effect.succeed<StopReason>("interrupted")
        )
        const exit = yield* attended(restore, Effect.raceFirst(played, halt.now))
        const isLeft = yield* closing.begun
        if (Exit.isFailure(exit)) {
          // Nobody has ended it: it goes on when the storage answers again.
          if (Option.exists(faultIn(exit.cause), isPassing)) return yield* exit
          if (isLeft && !Cause.isDie(exit.cause)) yield* leave(round)
          else if (!isUnreadable(exit.cause)) yield* close(headOf(round), "interrupted")
          return yield* exit
        }
        yield* isLeft && exit.value === "interrupted" ? leave(round) : close(headOf(round), exit.value)
      })
    )

  const leave = ({ id }: OpenRound) => persist(ledger.untried(id))

  const perform = (round: OpenRound, halt: Halt) =>
    GenAi.round({ ...round, roomId: round.room_id, roundId: round.id }, playOut(round, halt))

  const whenOpen = <A>(found: Effect.Effect<Option.Option<A>>, use: (round: A) => Effect.Effect<void>) =>
    Effect.flatMap(found, Option.match({ onNone: () => Effect.void, onSome: use }))

  const setAside = (id: RoundId) =>
    whenOpen(ledger.head(id), (round) => close(round, "set_aside", "What is stored of it cannot be read"))

  return {
    play: (id, halt) =>
      Effect.catchSomeCause(
        whenOpen(ledger.find(id), (round) => perform(round, halt)),
        (cause) => (isUnreadable(cause) ? Option.some(setAside(id)) : Option.none())
      ),
    claim: (id) => persist(ledger.tried(id)),
    close: (id, reason) => whenOpen(ledger.head(id), (round) => close(round, reason))
  } satisfies RoundPlayer
})

const headOf = ({ id, room_id, trigger }: OpenRound): RoundHead => ({ id, room_id, kind: trigger.kind })

const isUnreadable = (cause: Cause.Cause<never>) =>
  Chunk.some(Cause.defects(cause), (defect) => defect instanceof Unreadable)

const silence = (followUps: number, heard: ReadonlyArray<Heard>): StopReason => {
  if (heard.some(({ outcome }) => outcome === "replied")) return "complete"
  if (heard.some(({ outcome }) => outcome === "failed")) return "provider_unavailable"
  return followUps === 0 ? "everyone_skipped" : "complete"
}
