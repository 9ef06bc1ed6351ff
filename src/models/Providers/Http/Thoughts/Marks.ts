import { RegExp as Pattern } from "effect"

/** What stands around thoughts. */
export interface Mark {
  readonly open: string
  readonly close: string
  readonly words: ReadonlyArray<string>
  readonly either: RegExp
}

export const oneOf = (words: ReadonlyArray<string>) => new RegExp(words.map(Pattern.escape).join("|"), "i")

const markOf = (open: string, close: string): Mark => ({
  open,
  close,
  words: [open, close],
  either: oneOf([open, close])
})

const plain: ReadonlyArray<Mark> = [
  ...["think", "thinking", "thought", "reasoning", "seed:think"].map((name) => markOf(`<${name}>`, `</${name}>`)),
  markOf("[think]", "[/think]"),
  markOf("◁think▷", "◁/think▷"),
  markOf("<|begin_of_thought|>", "<|end_of_thought|>")
]

const analysis = "<|channel|>analysis<|message|>"

export const marks: ReadonlyArray<Mark> = [
  ...plain,
  markOf(analysis, "<|end|>"),
  markOf(`<|start|>assistant${analysis}`, "<|end|>")
]

/** Of those whose end cannot be anything else. */
export const opens = plain.map(({ open }) => open)
export const closes = plain.map(({ close }) => close)

/** Around thoughts that an answer begins with: any mark ends them. */
export const unopened: Mark = { open: "", close: "", words: closes, either: oneOf(closes) }
