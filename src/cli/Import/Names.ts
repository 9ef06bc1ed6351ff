import { isPersonaName } from "../../domain/Persona.ts"
import { groupPrefix } from "../../personas/Folders.ts"

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
