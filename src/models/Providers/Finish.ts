import type { Finish } from "../../domain/Finish.ts"

const known: Readonly<Record<string, Finish>> = {
  length: "length",
  max_tokens: "length",
  max_output_tokens: "length",
  model_length: "length",
  model_context_window_exceeded: "length",
  refusal: "refusal",
  content_filter: "filter",
  content_filtered: "filter",
  guardrail_intervened: "filter",
  safety: "filter",
  recitation: "filter",
  blocklist: "filter",
  prohibited_content: "filter",
  pause_turn: "paused",
  error: "error",
  abort: "error",
  aborted: "error",
  cancelled: "error",
  canceled: "error",
  insufficient_system_resource: "error",
  malformed_function_call: "error"
}

/** How an answer ended, by a vendor's word for it; a word that nobody knows is an end like any other. */
export const finishOf = (word: string | null): Finish => known[word?.toLowerCase() ?? ""] ?? "stop"
