import type { AgentId, Member } from "../domain/Agent.ts"
import { folded } from "../lib/text.ts"

type Named = Pick<Member, "id" | "name" | "display_name" | "group">

export interface Mentions {
  /** In the order of mention, each once. */
  readonly ids: ReadonlyArray<AgentId>
  /** What stands after an `@` and is the name of nobody in the room. */
  readonly unknown: ReadonlyArray<string>
}

/** Words that mention everybody in the room. */
const everybody = ["all", "everyone", "here", "모두"]

// A name ends here where another such letter follows it: no space tells. Korean particles follow a name too.
const unspaced = `[${["Han", "Hira", "Kana", "Bopo", "Hang", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"]
  .map((script) => String.raw`\p{scx=${script}}`)
  .join("")}]`
const isUnspaced = new RegExp(unspaced, "u")
// No mail address, also where no space stands before it.
const domain = String.raw`[\w-]+(?:\.[\w-]+)+`
const mark = new RegExp(
  String.raw`(?<!(?!${unspaced})[\p{L}\p{M}\p{Nd}_%+-])[@＠﹫](?!(?<=${unspaced}.)${domain})`,
  "gu"
)
const word = /^[\p{L}\p{M}\p{N}_-]{1,100}/gu
const mostUnknown = 20
/** Of a name, in code units. */
const longest = 200

const isMark = /^\p{M}/u
const isLonger = new RegExp(String.raw`^(?:(?!${unspaced})[\p{L}\p{N}]|(?:_+|-)[\p{L}\p{N}])`, "u")

/** Whether the name that ends in `last` is only the beginning of a longer word. */
const goesOn = (last: string, rest: string) => isMark.test(rest) || (!isUnspaced.test(last) && isLonger.test(rest))

/** Names by their letters: what is looked for in a text costs as much as is found, however many names there are. */
interface Names {
  readonly next: Map<string, Names>
  ids: ReadonlyArray<AgentId> | null
}

const empty = (): Names => ({ next: new Map(), ids: null })

const enter = (names: Names, name: string, ids: ReadonlyArray<AgentId>) => {
  let at = names
  for (const letter of folded(name)) {
    const next = at.next.get(letter) ?? empty()
    at.next.set(letter, next)
    at = next
  }
  at.ids ??= ids
}

/** A folder's name goes before a shown one, that before a group's, and that before the words for everybody. */
const namesOf = (members: ReadonlyArray<Named>) => {
  const names = empty()
  const groups = new Map<string, Array<AgentId>>()
  for (const { id, name } of members) enter(names, name, [id])
  for (const { display_name, group, id } of members) {
    if (display_name !== null) enter(names, display_name, [id])
    if (group !== null) groups.set(group, [...(groups.get(group) ?? []), id])
  }
  for (const [group, ids] of groups) enter(names, group, ids)
  const all = members.map(({ id }) => id)
  for (const name of everybody) enter(names, name, all)
  return names
}

const step = (names: Names | undefined, letter: string) =>
  [...folded(letter)].reduce((at, each) => at?.next.get(each), names)

/** Whom the beginning of the text names; of two names that fit the longer one is meant. */
const named = (text: string, names: Names) => {
  let found: Names["ids"] = null
  let at: Names | undefined = names
  let end = 0
  for (const letter of text) {
    at = step(at, letter)
    if (at === undefined) break
    end += letter.length
    if (at.ids !== null && !goesOn(letter, text.slice(end, end + longest))) found = at.ids
  }
  return found
}

/** Whom the text names as `@name`, one by one, by their group, or all at once. */
export const mentionsIn = (said: string, members: ReadonlyArray<Named>): Mentions => {
  const text = said.normalize("NFC").replaceAll("i\u0307", "i")
  const marks = [...text.matchAll(mark)]
  if (marks.length === 0) return { ids: [], unknown: [] }
  const names = namesOf(members)
  const known = new Set<ReadonlyArray<AgentId>>()
  const unknown = new Set<string>()
  for (const { index } of marks) {
    const rest = text.slice(index + 1, index + 1 + longest)
    const ids = named(rest, names)
    if (ids !== null) known.add(ids)
    else if (unknown.size < mostUnknown) for (const [it] of rest.matchAll(word)) unknown.add(it)
  }
  return { ids: [...new Set([...known].flat())], unknown: [...unknown] }
}
