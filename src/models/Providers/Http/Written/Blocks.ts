/** What models are taught to put around the calls of tools, for a server to read. */
export interface Block {
  readonly open: string
  /** What ends it, where it is not the end of the answer. */
  readonly close: ReadonlyArray<string>
}

const call = ["<|call|>"]

const blocks: ReadonlyArray<Block> = [
  { open: "<tool_call>", close: ["</tool_call>"] },
  { open: "<|tool_call|>", close: ["<|/tool_call|>", "<|tool_call_end|>"] },
  { open: "<function_call>", close: ["</function_call>"] },
  { open: "<tool_calls>", close: ["</tool_calls>"] },
  { open: "<function_calls>", close: ["</function_calls>"] },
  { open: "<minimax:tool_call>", close: ["</minimax:tool_call>"] },
  { open: "<function=", close: ["</function>"] },
  { open: "<|python_tag|>", close: ["<|eom_id|>", "<|eot_id|>"] },
  { open: "<|tool_calls_section_begin|>", close: ["<|tool_calls_section_end|>"] },
  { open: "<｜tool▁calls▁begin｜>", close: ["<｜tool▁calls▁end｜>"] },
  { open: "<|start|>assistant<|channel|>commentary to=", close: call },
  { open: "<|start|>assistant to=", close: call },
  { open: "<|channel|>commentary to=", close: call },
  { open: "[TOOL_CALLS]", close: ["</s>"] },
  { open: "```tool_code", close: ["```"] },
  { open: "```tool_call", close: ["```"] }
]

export const opens = blocks.map(({ open }) => open.toLowerCase())

/** The place of the first of these words. */
const first = <A>(text: string, of: ReadonlyArray<A>, word: (it: A) => string) => {
  let found: { readonly at: number; readonly it: A } | null = null
  for (const it of of) {
    const at = text.indexOf(word(it))
    if (at !== -1 && (found === null || at < found.at)) found = { at, it }
  }
  return found
}

export const blockIn = (text: string) => first(text, blocks, ({ open }) => open)

/** The marks that end a block and nothing else. */
export const closes = [
  "</tool_call>",
  "</function_call>",
  "</function>",
  "</tool_calls>",
  "</function_calls>",
  "<|/tool_call|>",
  "<|tool_call_end|>",
  "<|tool_calls_section_end|>",
  "<｜tool▁calls▁end｜>"
]

export const closeIn = (text: string) => first(text, closes, (word) => word)

/** Where what stands in a block ends, and where the text goes on; null as long as the end has not come. */
export const endOf = (text: string, { close, open }: Block) => {
  const found = first(text.slice(open.length), close, (word) => word)
  return found === null ? null : { inner: open.length + found.at, outer: open.length + found.at + found.it.length }
}
