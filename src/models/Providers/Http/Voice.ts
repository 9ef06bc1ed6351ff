import type { KnownModels } from "../../../domain/ModelTraits.ts"
import { ProviderEvent, type ToolSpec } from "../../../domain/Provider.ts"
import * as Thoughts from "./Thoughts.ts"
import * as Tokens from "./Tokens.ts"
import * as Written from "./Written.ts"

/** Whether answers of the model begin with thoughts that no mark begins. */
export interface Habit {
  readonly beginsInThoughts: () => boolean
  readonly learn: (beginsInThoughts: boolean) => void
}

/** As far as it is known of the model, and learnt for all its turns. */
export const habitOf = (traits: KnownModels, model: string): Habit => ({
  beginsInThoughts: () => traits.of(model).begins_in_thoughts,
  learn: (begins_in_thoughts) => traits.keep({ ...traits.of(model), begins_in_thoughts })
})

const text = (words: string) => (words === "" ? [] : [ProviderEvent.TextDelta({ text: words })])
const thought = (words: string) => (words === "" ? [] : [ProviderEvent.ThinkingDelta({ text: words })])

const lengthOf = (events: ReadonlyArray<ProviderEvent>) =>
  events.reduce((sum, event) => sum + (event._tag === "ThinkingDelta" ? event.text.length : 0), 0)

/** What the answers of one turn say aloud: no thoughts, no calls of tools, and no tokens of a template. */
export const make = ({ beginsInThoughts, learn }: Habit, tools: ReadonlyArray<ToolSpec>) => {
  let thoughts = Thoughts.make(beginsInThoughts())
  let written = Written.make(tools)
  let [said, thinking] = [Tokens.make(), Tokens.make()]
  let hadSpoken = false
  let hasSpoken = false
  let hasThought = false
  /** How many characters of the latest answer's text were told as thoughts. */
  let ofText = 0

  const rest = () => [...text(said.hear(written.end())), ...text(said.end())]

  const unsaid = () => {
    const last = rest()
    written = Written.make(tools)
    said = Tokens.make()
    return [...last, ProviderEvent.Unsaid()]
  }

  /** Of its thoughts fewer were told than were written: their tokens of a template are not. */
  const unthought = () => {
    const last = thought(thinking.end())
    const characters = ofText + lengthOf(last)
    ofText = 0
    return [...last, ProviderEvent.Unthought({ characters })]
  }

  const bare = (event: ProviderEvent): ReadonlyArray<ProviderEvent> => {
    switch (event._tag) {
      case "TextDelta":
        return text(said.hear(written.hear(event.text)))
      case "ThinkingDelta":
        return thought(thinking.hear(event.text))
      case "Unsaid":
        return unsaid()
      case "Unthought":
        return unthought()
      default:
        return [event]
    }
  }

  /** What the text of an answer comes to. */
  const told = (events: ReadonlyArray<ProviderEvent>) =>
    events.flatMap((event) => {
      const heard = bare(event)
      if (event._tag === "ThinkingDelta") ofText += lengthOf(heard)
      return heard
    })

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
      written = Written.make(tools)
      said = Tokens.make()
      thinking = Tokens.make()
      hadSpoken = hasSpoken
      ofText = 0
    },
    hear: (events: ReadonlyArray<ProviderEvent>): ReadonlyArray<ProviderEvent> =>
      noted(events.flatMap((event) => (event._tag === "TextDelta" ? told(thoughts.hear(event.text)) : bare(event)))),
    /** The answer is over, in the model's own time or not: what was held back is told. */
    end: (hasStopped: boolean) => {
      const last = noted([...told(thoughts.end(hasStopped)), ...thought(thinking.end()), ...rest()])
      if (thoughts.lacksMark()) learn(false)
      return last
    },
    /** The calls that the latest answer holds as text. */
    written: () => written.calls(),
    /** Whether the latest answer holds calls as text that cannot be read, or others. */
    isCut: () => written.isCut(),
    /** Whether any text was heard in the turn. */
    hasSpoken: () => hasSpoken,
    hasThought: () => hasThought
  }
}

export type Voice = ReturnType<typeof make>
