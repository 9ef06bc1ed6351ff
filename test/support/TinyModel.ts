import * as Gguf from "./Gguf.ts"

/** What a model says, token by token. A line that ends with its first token goes on for ever. */
export interface Lines {
  readonly first: ReadonlyArray<string>
  /** After the result of a tool. */
  readonly afterCall: ReadonlyArray<string>
}

const first = "<|first|>"
const afterCall = "<|after|>"
const end = "</s>"
const controls = ["<s>", end, "<|im_start|>", "<|im_end|>", first, afterCall]
const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`)
const kinds = { normal: 1, unknown: 2, control: 3, byte: 6 } as const

const asTools = `You may call functions, whose signatures stand within <tools></tools> tags:
<tools>
TOOLS
</tools>
For each function call, return a json object within <tool_call></tool_call> tags:
<tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call>`

/** How llama.cpp makes a prompt of a conversation: the form of Qwen's models, with a cue at its end. */
const jinja = `{%- for message in messages %}
{%- if message.role == 'tool' %}<|im_start|>user
<tool_response>
{{ message.content }}
</tool_response><|im_end|>
{% else %}<|im_start|>{{ message.role }}
{{ message.content if message.content else '' }}
{%- if loop.first and tools %}

${asTools.replace("TOOLS", "{% for tool in tools %}{{ tool | tojson }}\n{% endfor %}")}
{%- endif %}
{%- for call in message.tool_calls or [] %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>
{%- endfor %}<|im_end|>
{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{{ '${afterCall}' if messages[-1].role == 'tool' else '${first}' }}
{%- endif %}`

/** The same for Ollama, which looks for the form of a call behind `if .ToolCalls`. */
export const goTemplate = `{{- range $i, $_ := .Messages }}
{{- if eq .Role "tool" }}<|im_start|>user
<tool_response>
{{ .Content }}
</tool_response><|im_end|>
{{ else }}<|im_start|>{{ .Role }}
{{ .Content }}
{{- if and (eq $i 0) $.Tools }}

${asTools.replace("TOOLS", "{{ range $.Tools }}{{ . }}\n{{ end }}")}
{{- end }}
{{- if .ToolCalls }}{{ range .ToolCalls }}
<tool_call>
{"name": "{{ .Function.Name }}", "arguments": {{ .Function.Arguments }}}
</tool_call>
{{- end }}{{ end }}<|im_end|>
{{ end }}
{{- if eq (len (slice $.Messages $i)) 1 }}<|im_start|>assistant
{{ if eq .Role "tool" }}${afterCall}{{ else }}${first}{{ end }}
{{- end }}
{{- end }}`

const stored = (token: string) => token.replaceAll(" ", "▁")

// Templates that know nothing of the cues end with a new line.
const newLine = "<0x0A>"

/** Which token follows which; after any other the model has nothing to say. */
const chain = (lines: Lines) => {
  const follows = new Map([[newLine, lines.first[0] ?? end]])
  for (const [cue, line] of [
    [first, lines.first],
    [afterCall, lines.afterCall]
  ] as const) {
    const isEndless = line.length > 1 && line.at(-1) === line[0]
    const said = [cue, ...line, ...(isEndless ? [] : [end])]
    for (const [at, token] of said.slice(1).entries()) follows.set(said[at] ?? end, token)
  }
  return follows
}

const head = 64
const certainty = 8

const zeros = (...shape: ReadonlyArray<number>) => new Float32Array(shape.reduce((one, other) => one * other, 1))

/**
 * A model of the llama architecture whose next token depends on nothing but the last one: its layer adds nothing, each
 * token that something follows is a direction of its own, and the output looks up what. No two tokens of its lines may
 * be the same. What people write it reads byte by byte: a prompt takes about as many tokens as it has letters.
 */
export const make = (lines: Lines, contextTokens: number) => {
  const words = [...new Set([...lines.first, ...lines.afterCall])].map(stored)
  const tokens = ["<unk>", ...controls, ...bytes, ...words]
  const at = (token: string) => tokens.indexOf(stored(token))
  const kindOf = (_: string, index: number) => {
    if (index === 0) return kinds.unknown
    if (index <= controls.length) return kinds.control
    return index <= controls.length + bytes.length ? kinds.byte : kinds.normal
  }
  const follows = chain(lines)
  // What nothing follows has one direction in common.
  const directions = ["", ...follows.keys()]
  const directionOf = (token: string) => Math.max(0, directions.indexOf(token.replaceAll("▁", " ")))
  const size = Math.ceil(directions.length / head) * head
  const embedding = zeros(size, tokens.length)
  const output = zeros(size, tokens.length)
  for (const [index, token] of tokens.entries()) embedding[index * size + directionOf(token)] = 1
  output[at(end) * size] = certainty
  for (const [token, next] of follows) output[at(next) * size + directionOf(token)] = certainty
  const weight = (name: string, shape: ReadonlyArray<number>, data = zeros(...shape)) => ({
    name: `${name}.weight`,
    shape,
    data
  })
  const norm = (name: string) => weight(name, [size], zeros(size).fill(1))
  return Gguf.write(
    {
      "general.architecture": "llama",
      "general.name": "tiny",
      "general.file_type": 0,
      "llama.context_length": contextTokens,
      "llama.embedding_length": size,
      "llama.block_count": 1,
      "llama.feed_forward_length": size,
      "llama.attention.head_count": size / head,
      "llama.attention.head_count_kv": size / head,
      "llama.attention.layer_norm_rms_epsilon": 0.00001,
      "llama.rope.dimension_count": head,
      "llama.vocab_size": tokens.length,
      "tokenizer.ggml.model": "llama",
      "tokenizer.ggml.pre": "default",
      "tokenizer.ggml.tokens": tokens,
      "tokenizer.ggml.scores": new Float32Array(tokens.length).map((_, index) => -index),
      "tokenizer.ggml.token_type": new Int32Array(tokens.map(kindOf)),
      "tokenizer.ggml.bos_token_id": at("<s>"),
      "tokenizer.ggml.eos_token_id": at(end),
      "tokenizer.ggml.unknown_token_id": 0,
      "tokenizer.ggml.add_bos_token": true,
      "tokenizer.ggml.add_space_prefix": false,
      "tokenizer.chat_template": jinja
    },
    [
      weight("token_embd", [size, tokens.length], embedding),
      norm("output_norm"),
      weight("output", [size, tokens.length], output),
      norm("blk.0.attn_norm"),
      norm("blk.0.ffn_norm"),
      ...["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"].map((name) =>
        weight(`blk.0.${name}`, [size, size])
      )
    ]
  )
}
