import { RegExp as Pattern } from "effect"
import { promised } from "../../../lib/promised.ts"

/** What templates put between the parts of a conversation. Some servers let it through as text. */
const marks = [
  "im_start",
  "im_end",
  "im_sep",
  "endoftext",
  "endofprompt",
  "begin_of_text",
  "end_of_text",
  "start_header_id",
  "end_header_id",
  "eot_id",
  "eom_id",
  "python_tag",
  "start",
  "end",
  "return",
  "call",
  "channel",
  "message",
  "constrain",
  "start_of_role",
  "end_of_role",
  "begin_of_solution",
  "end_of_solution",
  "end_of_turn",
  "START_OF_TURN_TOKEN",
  "END_OF_TURN_TOKEN",
  "CHATBOT_TOKEN",
  "assistant",
  "observation"
].map((name) => `<|${name}|>`)
const plain = [
  ...marks,
  ...["end_of_turn", "start_of_turn", "eos", "bos"].map((name) => `<${name}>`),
  ...["begin▁of▁sentence", "end▁of▁sentence", "Assistant"].map((name) => `<｜${name}｜>`),
  "[/INST]",
  "<<SYS>>",
  "<</SYS>>",
  "</s>"
]
/** Behind these another speaks, or seems to. */
const others = ["<|user|>", "<|system|>", "<|USER_TOKEN|>", "<|SYSTEM_TOKEN|>", "<｜User｜>", "[INST]"]
const words = [...plain, ...others]

/** A token that a role stands behind, and all up to what is said. */
const headed = new RegExp(
  [
    String.raw`(?:<\|im_start\|>|<start_of_turn>)(?<a>\w{1,20})(?:\n|<\|im_sep\|>)`,
    String.raw`<\|(?:start_header_id|start_of_role)\|>(?<b>\w{1,20})<\|(?:end_header_id|end_of_role)\|>`,
    String.raw`<\|start\|>(?<c>\w{1,20})[^\n]{0,200}?<\|message\|>`,
    String.raw`<\|channel\|>[^\n]{0,200}?<\|message\|>`
  ]
    .map((form) => `^${form}`)
    .join("|")
)
const head = /^<(?:\|(?:im_start|start_header_id|start_of_role|start|channel)\||start_of_turn)>/
const longestHead = 240
const own = new Set(["assistant", "model"])

const lower = words.map((word) => word.toLowerCase())
const any = new RegExp(words.map(Pattern.escape).join("|"))

const mayHoldToken = (text: string) => text.includes("<") || text.includes("[")

/**
 * What of a text is said: the tokens of a template are not, nor is what follows where the model plays on with a turn of
 * another's.
 */
export const make = () => {
  let held = ""
  let isOver = false
  let strikes = false

  const tell = (end: number) => {
    const told = held.slice(0, end)
    held = held.slice(end)
    strikes ||= told.includes("<s>")
    return told
  }

  const look = (isLast: boolean): string => {
    let said = ""
    while (!isOver) {
      const found = any.exec(held)
      if (found === null) return said + tell(isLast ? held.length : promised(held, lower))
      said += tell(found.index)
      const [token] = found
      const whole = headed.exec(held)
      if (whole === null && head.test(held) && !isLast && held.length < longestHead) return said
      const { a, b, c } = whole?.groups ?? {}
      const role = a ?? b ?? c ?? "assistant"
      if (others.includes(token) || !own.has(role.toLowerCase())) isOver = true
      // The end of a text that is struck out.
      else if (token === "</s>" && strikes) said += token
      const isBroken = whole === null && isLast && head.test(held)
      held = isBroken ? held.replace(/^.*/, "") : held.slice((whole?.[0] ?? token).length)
    }
    held = ""
    return said
  }

  return {
    hear: (text: string): string => {
      if (isOver) return ""
      if (held === "" && !mayHoldToken(text)) return text
      held += text
      return look(false)
    },
    /** What was held back, when nothing more comes. */
    end: () => look(true)
  }
}
