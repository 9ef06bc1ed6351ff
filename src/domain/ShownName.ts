import { Either, Option } from "effect"
import { folded, oneLine } from "../lib/text.ts"

export interface Named {
  readonly name: string
  readonly display_name: string | null
}

/** What people and models call an agent; `name` is its folder's and stays the one that it is known by. */
export const shownName = ({ display_name, name }: Named) => display_name ?? name

/** All that the agent answers to. */
export const namesOf = ({ display_name, name }: Named): ReadonlyArray<string> =>
  display_name === null || display_name === name ? [name] : [display_name, name]

/** A name of the agent that people would take for one of another's, where not both are folders'. */
export const sharedName = ({ display_name, name }: Named, others: ReadonlyArray<Named>): Option.Option<string> => {
  const isOf = (wanted: string | null, names: (other: Named) => ReadonlyArray<string | null>) =>
    wanted !== null && others.flatMap(names).some((other) => other !== null && folded(other) === folded(wanted))
  if (isOf(display_name, namesOf)) return Option.fromNullable(display_name)
  return isOf(name, (other) => [other.display_name]) ? Option.some(name) : Option.none()
}

/** What the agent was called that said something, or took a turn; null where none did. */
export const shownSpeaker = <Name extends string | null>({
  agent_display_name,
  agent_name
}: {
  readonly agent_name: Name
  readonly agent_display_name?: string | null | undefined
}): string | Name => agent_display_name ?? agent_name

/** In characters. */
export const longestShownName = 100

const visible = /[\p{L}\p{N}\p{P}\p{S}]/u

/** The name that is given for an agent, made to fit one line; or, to go on from `display_name`, what is wrong with it. */
export const shownNameIn = (given: unknown): Either.Either<string, string> => {
  if (typeof given !== "string") return Either.left("is no text; put it in quotes")
  const name = oneLine(given.normalize("NFC"))
  if (!visible.test(name)) return Either.left("holds nothing that can be seen")
  if ([...name].length > longestShownName) return Either.left(`has more than ${longestShownName} characters`)
  return Either.right(name)
}
