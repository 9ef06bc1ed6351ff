/** What stands around thoughts. */
export interface Mark {
  readonly open: string
  readonly close: string
  readonly words: ReadonlyArray<string>
  readonly either: RegExp
}

export const oneOf = (words: ReadonlyArray<string>) =>
  new RegExp(words.map((word) => word.replaceAll(/[[\]/]/g, "\\$&")).join("|"), "i")

const markOf = (open: string, close: string): Mark => ({
  open,
  close,
  words: [open, close],
  either: oneOf([open, close])
})

export const marks: ReadonlyArray<Mark> = [
  ...["think", "thinking", "thought", "reasoning", "seed:think"].map((name) => markOf(`<${name}>`, `</${name}>`)),
  markOf("[think]", "[/think]"),
  markOf("◁think▷", "◁/think▷")
]

export const opens = marks.map(({ open }) => open)
export const closes = marks.map(({ close }) => close)

/** Around thoughts that an answer begins with: any mark ends them. */
export const unopened: Mark = { open: "", close: "", words: closes, either: oneOf(closes) }

/** Where the text may be about to hold one of the words: the place of its longest end that begins one. */
export const promised = (text: string, words: ReadonlyArray<string>) => {
  const longest = Math.max(...words.map(({ length }) => length)) - 1
  for (let at = Math.max(0, text.length - longest); at < text.length; at++) {
    const end = text.slice(at).toLowerCase()
    if (words.some((word) => word.startsWith(end))) return at
  }
  return text.length
}
