import { Array } from "effect"
import type { TurnInput } from "../../../domain/Provider.ts"

interface Said {
  readonly role: "user" | "assistant"
  readonly text: string
  /** The model was told it in an earlier turn too. */
  readonly isKnown: boolean
}

export interface Words {
  readonly role: Said["role"]
  readonly said: Array.NonEmptyReadonlyArray<Said>
}

const isBlank = (text: string) => text.trim() === ""

/**
 * What was said, by who says it: the model knows its own words by their role. A conversation begins with the others, so
 * what the agent said before anybody else is told by them.
 */
export const wordsOf = ({ knownParts, parts }: Pick<TurnInput, "parts" | "knownParts">): ReadonlyArray<Words> => {
  const first = parts.findIndex(({ own }) => own === null)
  const all = parts.flatMap(({ own, text }, index): ReadonlyArray<Said> => {
    const by = (role: Said["role"], text: string): Said => ({ role, text, isKnown: index < knownParts })
    if (own === null || index < first || first === -1) return [by("user", text)]
    return [by("assistant", own.words), ...(own.cutOff === null ? [] : [by("user", own.cutOff)])]
  })
  const told = all.filter(({ text }) => !isBlank(text))
  return Array.isNonEmptyReadonlyArray(told)
    ? Array.map(
        Array.groupWith(told, (one, other) => one.role === other.role),
        (said) => ({ role: Array.headNonEmpty(said).role, said })
      )
    : []
}
