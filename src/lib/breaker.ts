/** Failures in a row after which nothing is tried for a while. */
const threshold = 5

export interface Breaker {
  /** In a row. */
  readonly failures: number
  /** Nothing is to be tried before this time, in epoch milliseconds. */
  readonly notBefore: number
}

/** `open` lets nothing pass; `half_open` lets one try decide; `closed` may still ask for a pause between tries. */
export type BreakerState = "closed" | "open" | "half_open"

export const closed: Breaker = { failures: 0, notBefore: 0 }

export const stateOf = ({ failures, notBefore }: Breaker, now: number): BreakerState => {
  if (failures < threshold) return "closed"
  return now < notBefore ? "open" : "half_open"
}

/** The pause doubles with each failure up to a ceiling; `jitter`, from 0 to 1, takes up to half of it away. */
export const failed = (
  { failures }: Breaker,
  now: number,
  pause: { readonly firstMs: number; readonly ceilingMs: number; readonly jitter: number }
): Breaker => {
  const whole = Math.min(pause.ceilingMs, pause.firstMs * 2 ** failures)
  return { failures: failures + 1, notBefore: now + whole * (1 - pause.jitter / 2) }
}
