import { Option, Schema } from "effect"

/** What stands around a name where it is a label: `**Bob:**`, `[Bob]:`, `#k3 Bob (agent):`. */
const before = String.raw`[ \t]*(?:#\w+\s+)?[*_[<]{0,3}`
const after = String.raw`(?:\s*\([^()\n]{0,60}\))?[*_\]>]{0,3}\s*[:：][*_]{0,3}[ \t]*`

const escaped = (name: string) =>
  name
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(/[_ ]/g, "[_ ]")
    .replaceAll(/['’]/g, "['’]")

/** The same for what a label may be written with in one place and in another. */
const plainly = (text: string) => text.replaceAll("_", " ").replaceAll("’", "'").toLowerCase()

const labelOf = (names: ReadonlyArray<string>) => `${before}(?:${names.map(escaped).join("|")})${after}`

/** Whether more text could make a label of it. */
const mayBecomeLabel = (line: string, names: ReadonlyArray<string>) => {
  const rest = plainly(line.replace(/^\s*(?:#\w*(?:\s+|$))?[*_[<]{0,3}/, ""))
  return names.some((name) => {
    const plain = plainly(name)
    if (rest.length <= plain.length) return plain.startsWith(rest)
    return rest.startsWith(plain) && /^(?:\s*\([^()\n]{0,60}\)?)?[*\]> ]{0,4}$/.test(rest.slice(plain.length))
  })
}

const Call = Schema.decodeUnknownOption(
  Schema.Union(
    Schema.Struct({ name: Schema.Literal("skip") }),
    Schema.Struct({ tool: Schema.Literal("skip") }),
    Schema.Struct({ function: Schema.Union(Schema.Literal("skip"), Schema.Struct({ name: Schema.Literal("skip") })) })
  )
)
const parse = Schema.decodeOption(Schema.parseJson())

const isCall = (json: string) =>
  Option.exists(parse(json), (it) => Option.isSome(Call(Array.isArray(it) && it.length === 1 ? it[0] : it)))

const fence = /^```\w*\s*|\s*```$/g
const tags = /^<[|\w]+>\s*|\s*<[|/\w]+>$/g

/** Whether a whole text is nothing but the tool `skip`, written where it should have been called. */
export const isSkip = (text: string) => {
  const bare = text.trim()
  if (/^[^\p{L}\p{N}]*(?:functions\.)?skip(?:\s*\(\s*(?:\{\s*\})?\s*\))?[^\p{L}\p{N}]*$/iu.test(bare)) return true
  if (/^<function=skip>[^<]{0,100}<\/function>$/i.test(bare)) return true
  return isCall(bare.replaceAll(fence, "").replaceAll(tags, ""))
}

const longestCall = 300
const qualified = "functions.skip"

const mayBecomeSkip = (text: string) => {
  const bare = text.trim()
  if (bare.length > longestCall) return false
  const word = bare.toLowerCase()
  if (qualified.startsWith(word) || word.startsWith(qualified)) return true
  return (
    /^[^\p{L}\p{N}]{0,12}(?:s|sk|ski|skip)?[^\p{L}\p{N}]{0,12}$/iu.test(bare) ||
    /^(?:```\w*\s*)?(?:<[|\w=/]*>?\s*)*\[?\s*(?:\{\s*(?:"[^]*)?)?$/.test(bare)
  )
}

/** What a model says by its text, as far as is certain; all by any of their names. */
export const make = (own: ReadonlyArray<string>, others: ReadonlyArray<string>) => {
  const ownLabel = new RegExp(`^\\s*${labelOf(own)}\\s*`, "iu")
  const othersLabel = others.length === 0 ? null : new RegExp(`^${labelOf(others)}`, "u")
  let held = ""
  let state: "beginning" | "speaking" | "cut" = "beginning"
  /** The held text begins a line. */
  let isLine = true
  let cut = 0

  const drop = (text: string) => {
    state = "cut"
    cut += text.length
    held = ""
    return ""
  }

  /** Tells what begins no line of another's; holds what may. */
  const speak = (isOver: boolean): string => {
    let said = ""
    while (held !== "") {
      if (isLine && othersLabel?.test(held)) return said + drop(held)
      const end = held.indexOf("\n")
      const line = end === -1 ? held : held.slice(0, end)
      if (isLine && end === -1 && !isOver && mayBecomeLabel(line, others)) return said
      said += end === -1 ? held : held.slice(0, end + 1)
      held = end === -1 ? "" : held.slice(end + 1)
      isLine = end !== -1
    }
    return said
  }

  const begin = (isOver: boolean): string => {
    if (!isOver && (mayBecomeSkip(held) || mayBecomeLabel(held, own))) return ""
    const labelled = ownLabel.exec(held)
    if (labelled !== null) {
      // The end of the label may still come.
      if (!isOver && labelled[0].length === held.length) return ""
      held = held.slice(labelled[0].length)
      return begin(isOver)
    }
    state = "speaking"
    return speak(isOver)
  }

  const tell = (isOver: boolean) => (state === "beginning" ? begin(isOver) : speak(isOver))

  return {
    hear: (text: string): string => {
      if (state === "cut") return drop(text)
      held += text
      return tell(false)
    },
    /** Something else came between: what follows begins a line. */
    pause: () => {
      isLine ||= held === ""
    },
    /** What was held back; null where all of the text is a skip. */
    end: (): string | null => {
      const isWhole = state === "beginning"
      return isWhole && held.trim() !== "" && isSkip(held.replace(ownLabel, "")) ? null : tell(true)
    },
    isCut: () => state === "cut",
    /** How much was said in another's name. */
    cut: () => cut
  }
}
