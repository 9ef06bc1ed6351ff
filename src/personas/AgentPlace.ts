import { Either } from "effect"
import { AgentNameInvalid, AgentRefused } from "../domain/Agent.ts"
import { isPersonaName, nameRule, shownNameIn } from "../domain/Persona.ts"
import { folderName } from "./FolderName.ts"
import { groupPrefix } from "./Folders.ts"

/** Where an agent's folder lies in the agents folder. */
export interface AgentPlace {
  readonly name: string
  readonly group: string | null
}

/** Its parts, as a path in the agents folder. */
export const partsOf = ({ group, name }: AgentPlace) => (group === null ? [name] : [`${groupPrefix}${group}`, name])

interface Wanted {
  readonly name: string
  readonly group?: string | null | undefined
  readonly config_file?: string | null | undefined
}

const groupOf = ({ config_file, group }: Wanted) => {
  if (group) return group.normalize("NFC")
  const [, folder, ...rest] = config_file?.normalize("NFC").split("/") ?? []
  return rest.length === 1 && folder?.startsWith(groupPrefix) ? folder.slice(groupPrefix.length) : null
}

const pathLike = /[/\\\p{Cc}]|^\./u
const rule = `a name holds no / or \\ and no control characters, and begins neither with a dot nor with ${groupPrefix}`

/** Whether a name is meant as a path, or could be taken for one; such a one is no name, not even a shown one. */
const isPath = (name: string, group: string | null) =>
  pathLike.test(name) || (group === null && name.startsWith(groupPrefix))

/**
 * Where an agent of this name goes, and what it is to be called in place of its folder's name: null where that is the
 * name. `config_file` may only say once more where the agent's own folder is, as `agents/group_X/name`.
 */
export const placeOf = (
  wanted: Wanted,
  folder: string
): Either.Either<
  { readonly place: AgentPlace; readonly display_name: string | null },
  AgentNameInvalid | AgentRefused
> => {
  const given = wanted.name.normalize("NFC")
  const group = groupOf(wanted)
  if (group !== null && !isPersonaName(group)) {
    return Either.left(AgentRefused.of("group", `is a name that groups cannot have: one has ${nameRule}`))
  }
  if (isPath(given, group)) return Either.left(AgentNameInvalid.of(rule))
  const isOwn = isPersonaName(given)
  const place = { name: isOwn ? given : folderName(given, "agent"), group }
  const path = partsOf(place).join("/")
  const own = ["agents", folder].map((root) => `${root}/${path}`)
  if (wanted.config_file && !own.includes(wanted.config_file.normalize("NFC"))) {
    return Either.left(AgentRefused.of("config_file", `can only be the agent's own folder, ${own[0]}`))
  }
  if (isOwn) return Either.right({ place, display_name: null })
  return Either.mapBoth(shownNameIn(given), {
    onLeft: (reason) => AgentNameInvalid.of(`it ${reason}`),
    onRight: (display_name) => ({ place, display_name })
  })
}
