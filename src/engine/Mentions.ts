import { Array, Order } from "effect"
import type { AgentId, Member } from "../domain/Agent.ts"

type Named = Pick<Member, "id" | "name">

export interface Mentions {
  /** In the order of mention, each once. */
  readonly ids: ReadonlyArray<AgentId>
  /** What stands after an `@` and is the name of nobody in the room. */
  readonly unknown: ReadonlyArray<string>
}

// No mail address, and no more than a name can have.
const mark = /(?<![\p{L}\p{N}._%+-])@(?=[\p{L}\p{N}_])/gu
const word = /^[\p{L}\p{N}_-]{1,100}/u
// Korean particles follow a name without a space.
const goesOn = /^(?!\p{Script=Hangul})[\p{L}\p{N}_-]/u

/** Whom the text names as `@name`; of two names that fit the longer one is meant. */
export const mentionsIn = (text: string, members: ReadonlyArray<Named>): Mentions => {
  const byLength = Array.sort(members, Order.reverse(Order.mapInput(Order.number, ({ name }: Named) => name.length)))
  const found = [...text.matchAll(mark)].map(({ index }) => {
    const rest = text.slice(index + 1, index + 202).toLowerCase()
    return (
      byLength.find(({ name }) => rest.startsWith(name.toLowerCase()) && !goesOn.test(rest.slice(name.length)))?.id ??
      word.exec(text.slice(index + 1, index + 102))?.[0] ??
      ""
    )
  })
  return {
    ids: Array.dedupe(found.filter((it) => typeof it === "number")),
    unknown: Array.dedupe(found.filter((it) => typeof it === "string")).slice(0, 20)
  }
}
