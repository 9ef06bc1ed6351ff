import { Effect } from "effect"

/** Lets every fiber run until all of them wait for something that the test brings about. */
export const settle = Effect.repeatN(Effect.yieldNow(), 10)
