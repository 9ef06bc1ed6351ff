const window = 60_000

/** Counts by key in fixed minutes of the clock. The keys that came first are given up when there are too many. */
export const make = (mostKeys: number) => {
  const counts = new Map<string, number>()
  let current = 0

  const at = (key: string, now: number) => {
    const minute = Math.floor(now / window)
    if (minute !== current) counts.clear()
    current = minute
    return counts.get(key) ?? 0
  }

  const add = (key: string, count: number) => {
    const [oldest] = count === 0 && counts.size >= mostKeys ? counts.keys() : []
    if (oldest !== undefined) counts.delete(oldest)
    counts.set(key, count + 1)
  }

  return {
    /** Counts one more unless there are `limit` already. */
    take: (key: string, limit: number, now: number) => {
      const count = at(key, now)
      if (count >= limit) return false
      add(key, count)
      return true
    },
    count: at,
    /** Until the next window, in whole seconds and at least one. */
    secondsLeft: (now: number) => Math.ceil((window - (now % window)) / 1000)
  }
}
