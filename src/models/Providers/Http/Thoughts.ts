import { ProviderEvent } from "../../../domain/Provider.ts"
import { promised } from "../../../lib/promised.ts"
import { closes, type Mark, marks, unopened } from "./Thoughts/Marks.ts"
import * as Unopened from "./Thoughts/Unopened.ts"

const begins = (text: string, word: string) => text.slice(0, word.length).toLowerCase() === word

/**
 * Tells thoughts from text where a model writes both as one: what stands between marks, at the beginning of an answer,
 * and what stands before a mark that ends thoughts where none begins them. Such an answer begins with thoughts where
 * `beginsWithin` says so; else its words are text until the mark comes, and unsaid then. Holds back no more than what
 * may become a mark.
 */
export const make = (beginsWithin = false) => {
  let held = ""
  let mark: Mark | null = null
  let depth = 0
  /** The text that has begun. */
  let text: Unopened.Unopened | null = null
  let hasThoughts = false
  let lacksMark = false
  /** What came since thoughts were last closed that others are still around: the answer, should nothing close these. */
  let doubtful: string | null = null

  const say = (words: string) => (words === "" ? [] : [ProviderEvent.TextDelta({ text: words })])
  const think = (words: string) => {
    if (doubtful !== null) doubtful += words
    return words === "" ? [] : [ProviderEvent.ThinkingDelta({ text: words })]
  }

  const enter = (around: Mark, doubt: string | null, rest: string) => {
    held = rest
    hasThoughts = true
    mark = around
    depth = 1
    doubtful = doubt
    return within(around)
  }

  const begin = (): ReadonlyArray<ProviderEvent> => {
    const bare = held.trimStart()
    const opened = marks.find(({ open }) => begins(bare, open))
    if (opened !== undefined) return enter(opened, null, bare.slice(opened.open.length))
    // The first mark may stand in what the model was told.
    const closed = hasThoughts ? undefined : closes.find((close) => begins(bare, close))
    if (closed !== undefined) {
      held = bare.slice(closed.length)
      hasThoughts = true
      return begin()
    }
    const lower = bare.toLowerCase()
    if (marks.some(({ close, open }) => open.startsWith(lower) || close.startsWith(lower))) return []
    if (beginsWithin && !hasThoughts) return enter(unopened, "", held)
    const words = hasThoughts ? bare : held
    held = ""
    text = Unopened.make()
    return speak(text.hear(words))
  }

  const speak = ({ rest, said }: Unopened.Heard): ReadonlyArray<ProviderEvent> => {
    if (rest === null) return say(said)
    held = rest
    text = null
    hasThoughts = true
    return [...say(said), ProviderEvent.Unsaid(), ...begin()]
  }

  const within = (around: Mark): ReadonlyArray<ProviderEvent> => {
    const events: Array<ProviderEvent> = []
    while (true) {
      const found = around.either.exec(held)
      if (found === null) {
        const end = promised(held, around.words)
        events.push(...think(held.slice(0, end)))
        held = held.slice(end)
        return events
      }
      events.push(...think(held.slice(0, found.index)))
      held = held.slice(found.index + found[0].length)
      const isClose = found[0].toLowerCase() !== around.open
      depth += isClose ? -1 : 1
      if (isClose) doubtful = ""
      if (depth === 0) {
        mark = null
        return [...events, ...begin()]
      }
    }
  }

  return {
    hear: (words: string): ReadonlyArray<ProviderEvent> => {
      if (text !== null) return speak(text.hear(words))
      held += words
      return mark === null ? begin() : within(mark)
    },
    /** Nothing more comes: the model has stopped, or its answer was cut off. */
    end: (hasStopped: boolean): ReadonlyArray<ProviderEvent> => {
      if (text !== null) return speak(text.end())
      const rest = held
      held = ""
      if (mark === null) return say(hasThoughts ? rest.trimStart() : rest)
      const thought = think(rest)
      if (doubtful === null || (mark === unopened && !hasStopped)) return thought
      if (doubtful.trim() === "") return thought
      lacksMark = mark === unopened
      const unthought = lacksMark ? [ProviderEvent.Unthought({ characters: doubtful.length })] : []
      return [...thought, ...unthought, ...say(doubtful.trimStart())]
    },
    /** Whether the answer was to begin with thoughts, and has ended without a mark. */
    lacksMark: () => lacksMark
  }
}
