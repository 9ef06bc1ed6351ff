import { Context, Effect, Layer, Option, Random } from "effect"
import { AgentRepo } from "../Agents/Repo.ts"
import { Closing } from "../Closing.ts"
import type { RoomId } from "../domain/RoomId.ts"
import type { RoundId, StopReason, Tape, Trigger } from "../domain/Round.ts"
import * as Time from "../domain/Time.ts"
import { RoomEvents } from "../RoomEvents.ts"
import { RoomRepo } from "../Rooms/Repo.ts"
import { Settings } from "../Settings.ts"
import { Ledger } from "./Ledger.ts"
import { planPass } from "./Plan.ts"
import { Settlements } from "./Settlement.ts"
import { Turns } from "./Turn.ts"
import type { Verdict } from "./Verdict.ts"

export class Rounds extends Context.Tag("parley/Orchestrator/Round/Rounds")<
  Rounds,
  {
    /**
     * Plays a round to its end, or until `stop` says why it must end: then the turn under way is interrupted and settled
     * before this returns. The ledger has the reason in any case.
     */
    readonly play: (roomId: RoomId, trigger: Trigger, stop: Effect.Effect<StopReason>) => Effect.Effect<void>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

/** After the first pass. */
const followUps = 5
const messagesPerTrigger = 30

/** What a round has come to so far. */
interface Progress {
  readonly roundId: RoundId
  readonly roomId: RoomId
  readonly trigger: Trigger
  readonly seed: number
  tape: Tape
  messages: number
}

const make = Effect.gen(function* () {
  const { PRIORITY_AGENTS } = yield* Settings
  const closing = yield* Closing
  const rooms = yield* RoomRepo
  const agents = yield* AgentRepo
  const events = yield* RoomEvents
  const ledger = yield* Ledger
  const turns = yield* Turns
  const { persist } = yield* Settlements

  const open = Effect.fnUntraced(function* (roomId: RoomId, trigger: Trigger) {
    const seed = yield* Random.nextIntBetween(0, 2 ** 31)
    const at = yield* Time.now
    const roundId = yield* persist(ledger.openRound(roomId, trigger, seed, at))
    const progress: Progress = { roundId, roomId, trigger, seed, tape: [], messages: 0 }
    return progress
  })

  const close = Effect.fnUntraced(function* ({ roomId, roundId }: Progress, reason: StopReason) {
    const at = yield* Time.now
    yield* persist(
      // The room may be gone, and its rounds with it.
      rooms
        .find(roomId)
        .pipe(
          Effect.zipRight(ledger.closeRound(roundId, reason, at)),
          Effect.zipRight(events.append(roomId, { type: "round_ended", round_id: roundId, stop_reason: reason })),
          Effect.ignore
        )
    )
  })

  const plan = Effect.fnUntraced(function* (progress: Progress, pass: number) {
    const { roomId, roundId, seed, trigger } = progress
    const members = yield* agents.members(roomId)
    const cells = planPass({
      members,
      pass,
      seed,
      mentioned: trigger.mentioned_agent_ids,
      priorityAgents: PRIORITY_AGENTS
    })
    progress.tape = [...progress.tape, ...cells]
    const stored = ledger.plan(roundId, progress.tape)
    const started = { type: "round_started" as const, round_id: roundId, agents: cells.map(({ name }) => name) }
    yield* persist(pass === 0 ? Effect.zipRight(stored, events.append(roomId, started)) : stored)
    return cells
  })

  /** Why no further turn may begin; checked before every one. */
  const halted = Effect.fnUntraced(function* ({ messages, roomId }: Progress) {
    const room = yield* Effect.option(rooms.find(roomId))
    if (Option.isNone(room) || (yield* closing.begun)) return Option.some<StopReason>("interrupted")
    const { interactions, is_paused, max_interactions } = room.value
    if (is_paused) return Option.some<StopReason>("paused")
    if (max_interactions !== null && interactions >= max_interactions)
      return Option.some<StopReason>("max_interactions")
    return messages >= messagesPerTrigger ? Option.some<StopReason>("max_messages") : Option.none()
  })

  const playPass = Effect.fnUntraced(function* (progress: Progress, pass: number) {
    const first = progress.tape.length
    const cells = yield* plan(progress, pass)
    const verdicts = new Map<number, Verdict>()
    for (const [offset, cell] of cells.entries()) {
      const halt = yield* halted(progress)
      if (Option.isSome(halt)) return { halt, verdicts: [...verdicts.values()] }
      if (cell.after !== null && verdicts.get(cell.after)?.outcome !== "replied") continue
      const { roomId, roundId, trigger } = progress
      const verdict = yield* turns.play({ roomId, roundId, index: first + offset, cell, cause: trigger.cause })
      if (Option.isNone(verdict)) continue
      verdicts.set(cell.agent_id, verdict.value)
      if (verdict.value.outcome === "replied") progress.messages++
    }
    return { halt: Option.none<StopReason>(), verdicts: [...verdicts.values()] }
  })

  const passes = Effect.fnUntraced(function* (progress: Progress) {
    for (let pass = 0; pass <= followUps; pass++) {
      const { halt, verdicts } = yield* playPass(progress, pass)
      if (Option.isSome(halt)) return halt.value
      if (progress.tape.length === 0) return "no_agents"
      if (!verdicts.some(({ outcome }) => outcome === "replied")) return silence(pass, verdicts)
      if (new Set(progress.tape.map((cell) => cell.agent_id)).size === 1) return "complete"
    }
    return "max_rounds"
  })

  return Rounds.of({
    play: (roomId, trigger, stop) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const progress = yield* open(roomId, trigger)
          const reason: StopReason = yield* restore(Effect.raceFirst(passes(progress), stop)).pipe(
            Effect.onInterrupt(() => close(progress, "interrupted")),
            Effect.tapDefect(() => close(progress, "interrupted"))
          )
          yield* close(progress, reason)
        })
      ).pipe(Effect.withSpan("Orchestrator.round", { root: true, captureStackTrace: false, attributes: { roomId } }))
  })
})

const silence = (pass: number, verdicts: ReadonlyArray<Verdict>): StopReason => {
  if (verdicts.some(({ outcome }) => outcome === "failed")) return "provider_unavailable"
  return pass === 0 ? "everyone_skipped" : "complete"
}
