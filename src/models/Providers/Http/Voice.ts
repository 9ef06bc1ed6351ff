import type { ProviderEvent } from "../../../domain/Provider.ts"
import * as Thoughts from "./Thoughts.ts"

/** What the answers of one turn say aloud. */
export const make = () => {
  let thoughts = Thoughts.make()
  let hasSpoken = false
  let hasThought = false

  const noted = (events: ReadonlyArray<ProviderEvent>) => {
    for (const event of events) {
      if (event._tag === "TextDelta") hasSpoken ||= event.text.trim() !== ""
      else if (event._tag === "ThinkingDelta") hasThought = true
    }
    return events
  }

  return {
    /** Another answer begins. */
    begin: () => {
      thoughts = Thoughts.make()
    },
    hear: (events: ReadonlyArray<ProviderEvent>): ReadonlyArray<ProviderEvent> =>
      noted(events.flatMap((event) => (event._tag === "TextDelta" ? thoughts.hear(event.text) : event))),
    /** The answer is over: what was held back is told. */
    end: () => noted(thoughts.end()),
    /** Whether any text was heard in the turn. */
    hasSpoken: () => hasSpoken,
    hasThought: () => hasThought
  }
}

export type Voice = ReturnType<typeof make>
