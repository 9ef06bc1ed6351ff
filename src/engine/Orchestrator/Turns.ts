import { Cause, Clock, Data, Deferred, Effect, Either, Exit, Fiber, FiberId, Option } from "effect"
import type { AgentId } from "../../domain/Agent.ts"
import { type Priority, Seat } from "../../domain/Provider.ts"
import type { RoomId } from "../../domain/RoomId.ts"
import type { RoundId, Speaker, StopReason, Trigger, TurnId, TurnPolicy } from "../../domain/Round.ts"
import { isOffered } from "../../personas/Tools.ts"
import { attended } from "../../lib/attended.ts"
import type { Restore } from "../../lib/restore.ts"
import { broke } from "../../lib/broke.ts"
import { type Draft, LiveTurns } from "../LiveTurns.ts"
import * as GenAi from "../../telemetry/GenAi.ts"
import type { Prewarm } from "./Prewarm.ts"
import { type Brief, type Briefs } from "./Briefs.ts"
import { type TurnSetting, type TurnSettings } from "./TurnSetting.ts"
import type { Occasion } from "./Context.ts"
import { Ledger } from "../../store/Ledger.ts"
import { reservation } from "../../domain/Allowance.ts"
import type { Amount } from "../../domain/Usage.ts"
import { settlementOf } from "./TurnResult.ts"
import { count } from "./TurnMetrics.ts"
import { Operations, type SettledTurn } from "../../store/Operations.ts"
import type { ModelCall } from "./ModelCall.ts"
import { verdictOf } from "./Verdict.ts"

export interface TurnPlace {
  readonly roomId: RoomId
  readonly roundId: RoundId
  /** Where on the round's tape. */
  readonly index: number
  readonly speaker: Speaker
  readonly attempt: number
  /** The agent is to hear nothing newer than this message. */
  readonly horizon: number
  /** How many agents will have the last word after this turn. */
  readonly lastWords: number
  readonly occasion: Occasion
  /** Whether it answers a person, and not what agents say to each other. */
  readonly isAnswer: boolean
  readonly priority: Priority
  readonly policy: TurnPolicy
  readonly trigger: Trigger
  /** Who comes after this turn. */
  readonly next: ReadonlyArray<Speaker>
  /** Returns when another turn of the round has ended; false at once when there is none under way. */
  readonly another: Effect.Effect<boolean>
}

export type Played = Data.TaggedEnum<{
  /** There was no turn: the agent has left, cannot be used, or there is nothing new for it. */
  Absent: {}
  /** No further turn may begin. */
  Refused: { readonly reason: StopReason }
  Took: { readonly ended: SettledTurn }
}>
export const Played = Data.taggedEnum<Played>()

export interface Turns {
  /** Plays one turn to its outcome, which is in the ledger when this returns, also when it is interrupted. */
  readonly play: (place: TurnPlace) => Effect.Effect<Played>
  /** Interrupts the turns of an agent, in one room or everywhere; they are settled when this returns. */
  readonly dismiss: (agent: AgentId, room: RoomId | null) => Effect.Effect<void>
}

interface Running {
  readonly seat: Seat
  isDismissed: boolean
  speech: Fiber.Fiber<unknown, unknown> | null
  readonly settled: Deferred.Deferred<void>
}

export const make = Effect.fnUntraced(function* ({
  prewarm,
  briefs,
  modelCall,
  turnSettings
}: {
  readonly prewarm: Prewarm
  readonly briefs: Briefs
  readonly modelCall: ModelCall
  readonly turnSettings: TurnSettings
}) {
  const operations = yield* Operations
  const ledger = yield* Ledger
  const live = yield* LiveTurns
  const running = new Set<Running>()

  const reserve = ({ provider, room }: TurnSetting, brief: Brief) =>
    Effect.map(provider.isModel ? ledger.recentUsd(room.id) : Effect.succeed([0]), (recentUsd) =>
      reservation({ characters: brief.characters, sessionTokens: brief.sessionTokens, recentUsd })
    )

  const opening = (place: TurnPlace, setting: TurnSetting, needs: Amount, trace_id: string | null) => ({
    round_id: place.roundId,
    room_id: place.roomId,
    agent_id: setting.agent.id,
    agent_name: setting.agent.name,
    agent_display_name: setting.agent.display_name,
    cell: place.index,
    attempt: place.attempt,
    reason: place.speaker.reason,
    provider: setting.provider.name,
    model: setting.model,
    trace_id,
    cause_trace_id: place.trigger.cause?.trace_id ?? null,
    wish: { isCritic: place.speaker.reason === "critic", lastWords: place.lastWords, needs }
  })

  const begin = Effect.fnUntraced(function* (place: TurnPlace, setting: TurnSetting, needs: Amount, restore: Restore) {
    const turn = opening(place, setting, needs, yield* GenAi.traceId)
    while (true) {
      const admitted = yield* operations.openTurn(turn)
      const isFinal = Either.isRight(admitted) || !admitted.left.forNow
      if (isFinal || !(yield* restore(place.another))) return admitted
    }
  })

  const enlist = (seat: Seat) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const turn: Running = {
          seat,
          isDismissed: false,
          speech: null,
          settled: Deferred.unsafeMake(FiberId.none)
        }
        running.add(turn)
        return turn
      }),
      (turn) =>
        Effect.zipRight(
          Effect.sync(() => running.delete(turn)),
          Deferred.succeed(turn.settled, undefined)
        )
    )

  // The draft is taken down before the turn is settled: nobody is greeted with a turn that has ended.
  const perform = (setting: TurnSetting, turnId: TurnId, spoken: (draft: Draft) => Effect.Effect<Spoken>) =>
    Effect.scoped(
      Effect.flatMap(
        live.open(setting.room, turnId, setting.agent, {
          audience: setting.occasion === "critique" ? "nobody" : "room",
          maySkip: isOffered(setting.persona, "skip")
        }),
        (draft) => Effect.map(spoken(draft), (exit) => ({ draft, exit }))
      )
    )

  const take = (place: TurnPlace, setting: TurnSetting, brief: Brief) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const turn = yield* enlist(new Seat({ roomId: place.roomId, agentId: setting.agent.id }))
        const reserved = yield* reserve(setting, brief)
        const admitted = yield* begin(place, setting, reserved, restore)
        if (Either.isLeft(admitted)) return Played.Refused({ reason: admitted.left.reason })
        const turnId = admitted.right
        const began = yield* Clock.currentTimeMillis
        const prepared = once(() => prewarm.prepare(place))
        const { draft, exit } = yield* perform(setting, turnId, (draft) =>
          attended(restore, modelCall.attempt(setting, brief, draft, prepared), (fiber) => {
            turn.speech = fiber
            return turn.isDismissed ? Fiber.interruptFork(fiber) : Effect.void
          })
        )
        if (Exit.isFailure(exit) && Cause.isDie(exit.cause)) yield* broke("turn", "a turn broke", exit.cause)
        const verdict = verdictOf(
          Exit.map(exit, ({ done }) => done),
          draft
        )
        const result = {
          turnId,
          roundId: place.roundId,
          reason: place.speaker.reason,
          isAnswer: place.isAnswer,
          setting,
          brief: Exit.isSuccess(exit) ? exit.value.brief : brief,
          reserved,
          draft,
          verdict,
          duration_ms: (yield* Clock.currentTimeMillis) - began
        }
        const ended = yield* operations.settleTurn(settlementOf(result))
        count(result, ended.outcome)
        const { done: answer, error, spent } = verdict
        const { firstTokenMs } = draft
        yield* GenAi.ended({
          turnId,
          outcome: ended.outcome,
          error,
          answer,
          usage: spent.usage,
          firstTokenMs
        })
        return Played.Took({ ended })
      }).pipe(Effect.scoped)
    )

  return {
    play: Effect.fnUntraced(function* (place) {
      const setting = yield* turnSettings.find(place)
      const brief = yield* Option.match(setting, { onNone: () => Effect.succeedNone, onSome: briefs.make })
      return yield* Option.match(Option.all([setting, brief]), {
        onNone: () => Effect.succeed(Played.Absent()),
        onSome: ([setting, brief]) => GenAi.invokeAgent(labels(place, setting), take(place, setting, brief))
      })
    }),

    dismiss: (agent, room) =>
      Effect.suspend(() => {
        const meant = [...running].filter(
          ({ seat }) => seat.agentId === agent && (room === null || seat.roomId === room)
        )
        const dismiss = (turn: Running) => {
          turn.isDismissed = true
          const stop = turn.speech === null ? Effect.void : Fiber.interruptFork(turn.speech)
          return Effect.zipRight(stop, Deferred.await(turn.settled))
        }
        return Effect.forEach(meant, dismiss, { concurrency: "unbounded", discard: true })
      })
  } satisfies Turns
})

/** Does it at the first call alone. */
const once = (work: () => void) => {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    work()
  }
}

type Attempt = ReturnType<ModelCall["attempt"]>
type Spoken = Exit.Exit<Effect.Effect.Success<Attempt>, Effect.Effect.Error<Attempt>>

const labels = (
  { attempt, index, policy, roomId, roundId, speaker, trigger }: TurnPlace,
  { agent, model, provider }: TurnSetting
) => ({
  agent: agent.name,
  model,
  provider: provider.name,
  roomId,
  roundId,
  reason: speaker.reason,
  policy,
  trigger,
  cell: index,
  attempt
})
