import type { ProviderEvent } from "../../../domain/Provider.ts"
import * as Thoughts from "./Thoughts.ts"

/** Whether answers of the model begin with thoughts that no mark begins. */
export interface Habit {
  readonly beginsInThoughts: () => boolean
  readonly learn: (beginsInThoughts: boolean) => void
}

/** What the answers of one turn say aloud. */
export const make = ({ beginsInThoughts, learn }: Habit) => {
  let thoughts = Thoughts.make(beginsInThoughts())
  let hadSpoken = false
  let hasSpoken = false
  let hasThought = false

  const noted = (events: ReadonlyArray<ProviderEvent>) => {
    for (const event of events) {
      if (event._tag === "TextDelta") hasSpoken ||= event.text.trim() !== ""
      else if (event._tag === "ThinkingDelta") hasThought = true
      else if (event._tag === "Unsaid") {
        hasSpoken = hadSpoken
        hasThought = true
        learn(true)
      }
    }
    return events
  }

  return {
    /** Another answer begins. */
    begin: () => {
      thoughts = Thoughts.make(beginsInThoughts())
      hadSpoken = hasSpoken
    },
    hear: (events: ReadonlyArray<ProviderEvent>): ReadonlyArray<ProviderEvent> =>
      noted(events.flatMap((event) => (event._tag === "TextDelta" ? thoughts.hear(event.text) : event))),
    /** The answer is over, in the model's own time or not: what was held back is told. */
    end: (hasStopped: boolean) => {
      const last = noted(thoughts.end(hasStopped))
      if (thoughts.lacksMark()) learn(false)
      return last
    },
    /** Whether any text was heard in the turn. */
    hasSpoken: () => hasSpoken,
    hasThought: () => hasThought
  }
}

export type Voice = ReturnType<typeof make>
