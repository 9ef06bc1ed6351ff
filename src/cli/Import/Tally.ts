/** What an import did and what it left out; told at its end. */
export interface Tally {
  readonly took: (what: string, count?: number) => void
  /** `place` tells where the first few of a kind stood. */
  readonly left: (why: string, count?: number, place?: string) => void
  readonly note: (line: string) => void
  readonly report: () => string
}

interface Loss {
  count: number
  readonly places: Array<string>
}

const mostPlaces = 3
const mostNotes = 200

const line = (name: string, count: number) => `  ${String(count).padStart(8)}  ${name}`

const lossLine = ([why, { count, places }]: readonly [string, Loss]) => {
  const where = places.length === 0 ? "" : `: ${places.join("; ")}${count > places.length ? "; …" : ""}`
  return line(`${why}${where}`, count)
}

export const make = (): Tally => {
  const taken = new Map<string, number>()
  const left = new Map<string, Loss>()
  const notes: Array<string> = []
  return {
    took: (what, count = 1) => {
      if (count > 0) taken.set(what, (taken.get(what) ?? 0) + count)
    },
    left: (why, count = 1, place) => {
      if (count === 0) return
      const loss = left.get(why) ?? { count: 0, places: [] }
      loss.count += count
      if (place !== undefined && loss.places.length < mostPlaces) loss.places.push(place)
      left.set(why, loss)
    },
    note: (text) => void notes.push(text),
    report: () =>
      [
        ...(taken.size === 0
          ? ["nothing new"]
          : ["imported", ...Array.from(taken, ([what, count]) => line(what, count))]),
        ...(left.size === 0 ? [] : ["left out or changed", ...Array.from(left, lossLine)]),
        ...notes.slice(0, mostNotes),
        ...(notes.length > mostNotes ? [`… and ${notes.length - mostNotes} more`] : [])
      ].join("\n")
  }
}
