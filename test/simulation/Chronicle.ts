import { Hash } from "effect"
import type { Invariant } from "./Invariants.ts"

export interface Broken {
  readonly invariant: Invariant
  readonly message: string
}

/** What happened in one schedule, in order, and the first promise that was broken. */
export const make = () => {
  const lines: Array<string> = []
  let broken: Broken | null = null
  return {
    lines,
    tell: (line: string) => void lines.push(line),
    breaks: (invariant: Invariant, message: string) => {
      if (broken !== null) return
      broken = { invariant, message }
      lines.push(`BROKEN ${invariant}: ${message}`)
    },
    broken: () => broken,
    hash: () => Hash.array(lines)
  }
}

export type Chronicle = ReturnType<typeof make>
