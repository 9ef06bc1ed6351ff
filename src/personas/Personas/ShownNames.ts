import type { Persona } from "../../domain/Persona.ts"
import { folded } from "../../lib/text.ts"
import type { Folder } from "../Folders.ts"

interface Candidate {
  readonly folder: Pick<Folder, "config_file" | "name">
  readonly persona: Pick<Persona, "display_name"> | null
}

/**
 * Whose shown name is another agent's already: folders with the folder that has the name. A name that people would take
 * for the same is the same; a folder's own name goes before a shown one, and of two shown ones the first.
 */
export const takenIn = (candidates: ReadonlyArray<Candidate>): ReadonlyMap<string, string> => {
  const owners = new Map(candidates.map(({ folder }) => [folded(folder.name), folder.config_file]))
  const taken = new Map<string, string>()
  for (const { folder, persona } of candidates) {
    const name = persona?.display_name ?? null
    if (name === null) continue
    const owner = owners.get(folded(name)) ?? folder.config_file
    if (owner === folder.config_file) owners.set(folded(name), owner)
    else taken.set(folder.config_file, owner)
  }
  return taken
}
