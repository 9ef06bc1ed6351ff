import { Effect } from "effect"

/**
 * Lets one fiber wait until something is due. It looks and begins to wait in one step: in Effect's Mailbox (3.22) a
 * fiber may have to yield between the two, and what comes in just then waits for whatever comes next.
 */
export const make = (isDue: () => boolean) => {
  let wake = () => {}
  return {
    /** Something may be due. */
    ring: () => wake(),
    /** Returns when something is due. */
    due: Effect.async<void>((resume) => {
      wake = () => {
        if (isDue()) resume(Effect.void)
      }
      wake()
    })
  }
}
