/**
 * What the room engine promises, by number: `docs/invariants.md` explains each, and `Chronicle.breaks` names them so.
 */
export const invariants = {
  1: "An acknowledged message is never lost and never changes place",
  2: "At most one reply per round, cell and agent",
  3: "Every started turn has exactly one outcome",
  4: "No agent sees a message outside its audience",
  5: "No agent speaks after a pause, a stop or a deletion was acknowledged",
  6: "Limits on replies, messages and budgets are never exceeded",
  7: "Every stream reader gets a sequence without a gap, or an explicit reset",
  8: "No lease, fiber or child process outlives its turn or the server",
  9: "After recovery no turn is running without an owner",
  10: "A skip is invisible as speech and wakes nobody",
  11: "The stored input of a round gives the same tape again",
  12: "A write is refused with a typed error, or durable when it is acknowledged"
} as const

/** 0 stands for what no schedule may come to, such as a server that does not start. */
export type Invariant = 0 | keyof typeof invariants
