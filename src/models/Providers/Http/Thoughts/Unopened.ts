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

/** Who writes about marks has them within a line, in code, or both of them. */
const endsThoughts = (before: string, rest: string) =>
  (atBeginOfLine.test(before) || atEndOfLine.test(rest)) && before.split("```").length % 2 === 1 && !open.test(before)

/** Looks in the text of an answer for a mark that ends thoughts, at the begin or the end of a line. */
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
    /** What was held back, when nothing more comes. */
    end: () => tell(held.length)
  }
}

export type Unopened = ReturnType<typeof make>
