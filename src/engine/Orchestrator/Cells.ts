import { Effect, Option } from "effect"
import type { AgentId } from "../../domain/Agent.ts"
import type { Cell, PassInput, Reason, Speaker, StopReason } from "../../domain/Round.ts"
import { mustAnswer } from "../../domain/Plan.ts"
import { together } from "../../lib/together.ts"
import { MessageRepo } from "../../store/MessageRepo.ts"
import type { Occasion } from "./Context.ts"
import * as Progress from "./Progress.ts"
import type { SettledTurn } from "../../store/Operations.ts"
import { Played, type Turns } from "./Turns.ts"

/** A turn that has ended, in this life of the server or before. */
export interface Heard extends SettledTurn {
  readonly agent_id: AgentId
}

interface PlayedCell {
  readonly heard: ReadonlyArray<Heard>
  /** Why a turn of the cell could not begin. */
  readonly refused: Option.Option<StopReason>
}

interface Place {
  readonly index: number
  readonly cell: Cell
  /** What was said in the pass before it. */
  readonly heard: ReadonlyArray<Heard>
}

export interface Cells {
  /** Plays a place of the tape: its speakers at once, each without what the others say in it. */
  readonly play: (progress: Progress.Progress, input: PassInput, place: Place) => Effect.Effect<PlayedCell>
}

// A turn that the end of a server cut off is asked for once more, and not with every server: each time costs.
const mostTries = 2

export const make = Effect.fnUntraced(function* ({ turns }: { readonly turns: Turns }) {
  const messages = yield* MessageRepo

  const horizonOf = Effect.fnUntraced(function* (progress: Progress.Progress, index: number, cell: Cell) {
    if (cell.speakers.length === 1) return Number.MAX_SAFE_INTEGER
    const isNew = cell.speakers.every(({ agent_id }) => !progress.past.has(Progress.placeOf(index, agent_id)))
    if (isNew || progress.trigger.kind !== "message") return yield* messages.newest(progress.roomId)
    return progress.trigger.message_id
  })

  const speak = Effect.fnUntraced(function* (
    progress: Progress.Progress,
    input: PassInput,
    place: { readonly index: number; readonly horizon: number; readonly next: Cell["speakers"] },
    occasion: Occasion,
    speaker: Speaker
  ) {
    const { agent_id } = speaker
    const key = Progress.placeOf(place.index, agent_id)
    const past = progress.past.get(key)
    if (past !== undefined && (past.outcome !== "interrupted" || past.tries >= mostTries)) return again(past, agent_id)
    const attempt = past === undefined ? 0 : past.attempt + 1
    const played = yield* Progress.counted(progress)(
      turns.play({
        ...place,
        roomId: progress.roomId,
        roundId: progress.roundId,
        speaker,
        attempt,
        occasion,
        isAnswer: input.kind === "answer" && progress.trigger.kind !== "autonomous",
        priority: progress.trigger.kind === "autonomous" ? "agents" : "person",
        lastWords: lastWordsAfter(input),
        policy: progress.policy,
        trigger: progress.trigger,
        another: Progress.another(progress)
      })
    )
    if (Played.$is("Took")(played)) yield* progress.moved
    return Played.$match(played, {
      Absent: () => ({ heard: [], refused: Option.none() }),
      Refused: ({ reason }) => ({ heard: [], refused: Option.some(reason) }),
      Took: ({ ended }) => {
        progress.past.set(key, { ...ended, attempt, tries: (past?.tries ?? 0) + 1 })
        return { heard: [{ ...ended, agent_id }], refused: Option.none() }
      }
    })
  })

  return {
    play: Effect.fnUntraced(function* (progress, input, { cell, heard, index }) {
      const isAwaited = mustAnswer(input, progress.tape, index, heard)
      const occasion = (reason: Reason) => (isAwaited ? "awaited" : occasionOf(progress, input, reason))
      const next = progress.tape[index + 1]?.speakers ?? []
      const place = { index, horizon: yield* horizonOf(progress, index, cell), next }
      const played = yield* together(
        cell.speakers.map((speaker) => speak(progress, input, place, occasion(speaker.reason), speaker))
      )
      return {
        heard: played.flatMap(({ heard }) => heard),
        refused: Option.firstSomeOf(played.map(({ refused }) => refused))
      }
    })
  } satisfies Cells
})

const again = ({ outcome, said }: Pick<SettledTurn, "outcome" | "said">, agent_id: AgentId): PlayedCell => ({
  heard: [{ outcome, said, wakes: outcome === "replied", agent_id }],
  refused: Option.none()
})

const lastWordsAfter = ({ kind, members }: PassInput) =>
  kind === "final" ? 0 : members.filter((member) => member.final_response && !member.is_critic).length

const occasionOf = (progress: Progress.Progress, { kind, pass }: PassInput, reason: Reason): Occasion => {
  if (kind === "critics") return "critique"
  if (kind === "final") return "last_words"
  if (reason === "mentioned") return "mentioned"
  return progress.trigger.kind !== "message" && pass === 0 ? "quiet" : "news"
}
