import { Either } from "effect"
import { AgentNameInvalid, AgentRefused } from "../domain/Agent.ts"
import { isPersonaName, nameRule } from "../domain/Persona.ts"
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

/** `config_file` may only say once more where the agent's own folder is, as `agents/group_X/name`. */
export const placeOf = (wanted: Wanted, folder: string): Either.Either<AgentPlace, AgentNameInvalid | AgentRefused> => {
  const place = { name: wanted.name.normalize("NFC"), group: groupOf(wanted) }
  if (!isPersonaName(place.name)) return Either.left(AgentNameInvalid.of())
  if (place.group === null && place.name.startsWith(groupPrefix)) return Either.left(AgentNameInvalid.of())
  if (place.group !== null && !isPersonaName(place.group)) {
    return Either.left(AgentRefused.of("group", `is a name that groups cannot have: one has ${nameRule}`))
  }
  const path = partsOf(place).join("/")
  const own = ["agents", folder].map((root) => `${root}/${path}`)
  return !wanted.config_file || own.includes(wanted.config_file.normalize("NFC"))
    ? Either.right(place)
    : Either.left(AgentRefused.of("config_file", `can only be the agent's own folder, ${own[0]}`))
}
