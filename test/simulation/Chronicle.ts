import { Hash } from "effect"

export interface Broken {
  /** Its number in the list of invariants; 0 for what no schedule may come to. */
  readonly invariant: number
  readonly message: string
}

/** What happened in one schedule, in order, and the first promise that was broken. */
export const make = () => {
  const lines: Array<string> = []
  let broken: Broken | null = null
  return {
    lines,
    tell: (line: string) => void lines.push(line),
    breaks: (invariant: number, message: string) => {
      if (broken !== null) return
      broken = { invariant, message }
      lines.push(`BROKEN ${invariant}: ${message}`)
    },
    broken: () => broken,
    hash: () => Hash.array(lines)
  }
}

export type Chronicle = ReturnType<typeof make>
