import { Array } from "effect"
import { isPersonaName } from "../domain/Persona.ts"
import { groupPrefix } from "./Folders.ts"

const longest = 60

/** A name that a folder can have, as near to the given one as may be. */
export const folderName = (name: string, otherwise: string) => {
  const own = name.normalize("NFC")
  if (isPersonaName(own) && !own.startsWith(groupPrefix)) return own
  const safe = [...own.replaceAll(/[^\p{L}\p{M}\p{N}_ .-]+/gu, " ").replaceAll(/\.{2,}/g, ".")]
    .slice(0, longest)
    .join("")
    .replaceAll(/ {2,}/g, " ")
    .replaceAll(/^[ .]+|[ .]+$/g, "")
  const free = safe.startsWith(groupPrefix) ? `agent ${safe}` : safe
  return isPersonaName(free) ? free : otherwise
}

/** How many folders may have names that begin the same. */
export const mostNamesakes = 1000

/** The name for a folder of which others have the first ones: `Bo`, `Bo 2`, `Bo 3`. */
export const numbered = (base: string, number: number) => (number === 1 ? base : `${base} ${number}`)

/** Whether some systems would have both names mean one folder. */
export const isNear = (one: string, other: string) => one.toLowerCase() === other.toLowerCase()

/** The first of its numbered names that none of the others is. */
export const unused = (base: string, others: ReadonlyArray<string>) => {
  const names = Array.makeBy(mostNamesakes, (at) => numbered(base, at + 1))
  return Array.findFirst(names, (name) => !others.some((other) => isNear(name, other)))
}
