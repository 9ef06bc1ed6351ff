/** What an import did and what it left out; told at its end. */
export interface Tally {
  readonly took: (what: string, count?: number) => void
  readonly left: (why: string, count?: number) => void
  readonly note: (line: string) => void
  readonly report: () => string
}

const add = (counts: Map<string, number>, name: string, count: number) => {
  if (count > 0) counts.set(name, (counts.get(name) ?? 0) + count)
}

const lines = (counts: ReadonlyMap<string, number>) =>
  Array.from(counts, ([name, count]) => `  ${String(count).padStart(8)}  ${name}`)

export const make = (): Tally => {
  const taken = new Map<string, number>()
  const left = new Map<string, number>()
  const notes: Array<string> = []
  return {
    took: (what, count = 1) => add(taken, what, count),
    left: (why, count = 1) => add(left, why, count),
    note: (line) => void notes.push(line),
    report: () =>
      [
        ...(taken.size === 0 ? ["nothing new"] : ["imported", ...lines(taken)]),
        ...(left.size === 0 ? [] : ["left out", ...lines(left)]),
        ...notes
      ].join("\n")
  }
}
