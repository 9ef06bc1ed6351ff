import { ProviderEvent } from "../../../domain/Provider.ts"

const markOf = (open: string, close: string) => {
  const either = [open, close].map((word) => word.replaceAll(/[[\]/]/g, "\\$&")).join("|")
  return { open, close, either: new RegExp(either, "i") }
}

const marks = [
  ...["think", "thinking", "thought", "reasoning", "seed:think"].map((name) => markOf(`<${name}>`, `</${name}>`)),
  markOf("[think]", "[/think]"),
  markOf("◁think▷", "◁/think▷")
]

type Mark = (typeof marks)[number]

const begins = (text: string, word: string) => text.slice(0, word.length).toLowerCase() === word

/** Where the text may be about to hold one of the words: the place of its longest end that begins one. */
const promised = (text: string, words: ReadonlyArray<string>) => {
  const longest = Math.max(...words.map(({ length }) => length)) - 1
  for (let at = Math.max(0, text.length - longest); at < text.length; at++) {
    const end = text.slice(at).toLowerCase()
    if (words.some((word) => word.startsWith(end))) return at
  }
  return text.length
}

/**
 * Tells thoughts from text where a model writes both as one: what stands between marks, at the beginning of an answer.
 * Holds back no more than what may become a mark.
 */
export const make = () => {
  let held = ""
  let mark: Mark | null = null
  let depth = 0
  let isText = false
  let hasThoughts = false
  /** What came since thoughts were last closed that others are still around: the answer, should nothing close these. */
  let doubtful: string | null = null

  const say = (text: string) => (text === "" ? [] : [ProviderEvent.TextDelta({ text })])
  const think = (text: string) => {
    if (doubtful !== null) doubtful += text
    return text === "" ? [] : [ProviderEvent.ThinkingDelta({ text })]
  }

  const begin = (): ReadonlyArray<ProviderEvent> => {
    const text = held.trimStart()
    const opened = marks.find(({ open }) => begins(text, open))
    if (opened !== undefined) {
      held = text.slice(opened.open.length)
      hasThoughts = true
      mark = opened
      depth = 1
      doubtful = null
      return within(opened)
    }
    // The first mark may stand in what the model was told.
    const closed = hasThoughts ? undefined : marks.find(({ close }) => begins(text, close))
    if (closed !== undefined) {
      held = text.slice(closed.close.length)
      hasThoughts = true
      return begin()
    }
    const lower = text.toLowerCase()
    if (marks.some(({ close, open }) => open.startsWith(lower) || close.startsWith(lower))) return []
    isText = true
    return release(hasThoughts ? text : held)
  }

  const release = (text: string) => {
    held = ""
    return say(text)
  }

  const within = (around: Mark): ReadonlyArray<ProviderEvent> => {
    const events: Array<ProviderEvent> = []
    while (true) {
      const found = around.either.exec(held)
      if (found === null) {
        const end = promised(held, [around.open, around.close])
        events.push(...think(held.slice(0, end)))
        held = held.slice(end)
        return events
      }
      events.push(...think(held.slice(0, found.index)))
      held = held.slice(found.index + found[0].length)
      const isClose = found[0].toLowerCase() === around.close
      depth += isClose ? -1 : 1
      if (isClose) doubtful = ""
      if (depth === 0) {
        mark = null
        return [...events, ...begin()]
      }
    }
  }

  return {
    hear: (text: string): ReadonlyArray<ProviderEvent> => {
      if (isText) return say(text)
      held += text
      return mark === null ? begin() : within(mark)
    },
    /** Nothing more comes. */
    end: (): ReadonlyArray<ProviderEvent> => {
      const rest = held
      held = ""
      if (isText) return []
      if (mark === null) return hasThoughts ? say(rest.trimStart()) : say(rest)
      const thought = think(rest)
      return doubtful === null ? thought : [...thought, ...say(doubtful.trimStart())]
    }
  }
}
