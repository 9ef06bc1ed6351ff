import type { TurnInput } from "../../src/domain/Provider.ts"

/** A turn in which the model is told just this. */
export const told = (ask: string): Omit<TurnInput, "callTool"> => ({
  parts: [],
  knownParts: 0,
  ask,
  images: [],
  spend: () => {}
})
