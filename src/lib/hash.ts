import { Effect } from "effect"
import { createHash } from "node:crypto"

/** Hex SHA-256 of the parts, each with its length, so that no two lists of parts run into one. */
export const digestOf = (parts: ReadonlyArray<string>) => {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(`${part.length}:${part}`)
  return hash.digest("hex")
}

export const sha256 = (parts: ReadonlyArray<string>): Effect.Effect<string> => Effect.sync(() => digestOf(parts))
