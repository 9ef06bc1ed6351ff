import { promised } from "../../../../lib/promised.ts"
import { closes, oneOf, opens } from "./Marks.ts"

export interface Heard {
  readonly said: string
  /** What stands behind the mark that makes thoughts of all that was said; null as long as there is none. */
  readonly rest: string | null
}

const close = oneOf(closes)
const open = oneOf(opens)
const atBeginOfLine = /\n[ \t]*$/
const atEndOfLine = /^[ \t]*\r?\n/
const atEndOfSentence = /[.!?…。！？]["'”’)\]*_]{0,3}[ \t]*$/

const isIn = (fence: string, text: string) => text.split(fence).length % 2 === 0
const isInCode = (before: string) => isIn("```", before) || isIn("`", before.slice(before.lastIndexOf("\n") + 1))

/** Who writes about marks has them within a sentence, in code, or both of them. */
const endsThoughts = (before: string, rest: string) =>
  (atBeginOfLine.test(before) || atEndOfLine.test(rest) || atEndOfSentence.test(before)) &&
  !isInCode(before) &&
  !open.test(before)

/**
 * Looks in the text of an answer for a mark that ends thoughts: at the begin or the end of a line, and behind a
 * sentence.
 */
export const make = () => {
  let all = ""
  let held = ""

  const tell = (end: number) => {
    const told = held.slice(0, end)
    all += told
    held = held.slice(end)
    return told
  }

  const look = (said: string): Heard => {
    const found = close.exec(held)
    if (found === null) return { said: said + tell(promised(held, closes)), rest: null }
    const before = said + tell(found.index)
    const rest = held.slice(found[0].length)
    if (endsThoughts(all, rest)) return { said: before, rest }
    // The end of the line may still come.
    return /^[ \t]*\r?$/.test(rest) ? { said: before, rest: null } : look(before + tell(found[0].length))
  }

  return {
    hear: (text: string): Heard => {
      held += text
      return look("")
    },
    /** What was held back, when nothing more comes: the end of the answer is the end of a line. */
    end: (): Heard => {
      const found = close.exec(held)
      const isMark = found?.index === 0 && held.slice(found[0].length).trim() === ""
      return isMark && endsThoughts(all, "\n") ? { said: "", rest: "" } : { said: tell(held.length), rest: null }
    }
  }
}

export type Unopened = ReturnType<typeof make>
