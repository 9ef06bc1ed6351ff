import { Schema } from "effect"

/**
 * How an answer ended: `stop` of the model's own will; `length` at the limit of tokens; `refusal` by the model and
 * `filter` by somebody around it, after some words; `paused` by the vendor in the middle; `interrupted` by the room;
 * `error` by a failure after some words.
 */
export const Finish = Schema.Literal("stop", "length", "refusal", "filter", "paused", "interrupted", "error")
export type Finish = typeof Finish.Type

const cuts: Readonly<Record<Finish, string | null>> = {
  stop: null,
  length: "cut off at the limit of tokens",
  refusal: "broken off by a refusal",
  filter: "cut off by a filter",
  paused: "paused by the provider",
  interrupted: "cut off",
  error: "broken off by an error"
}

/** How words ended that did not end by themselves, for people; null where they did. */
export const cutOf = (message: { readonly finish: Finish | null; readonly partial: boolean }) =>
  message.finish === null && message.partial ? cuts.interrupted : cuts[message.finish ?? "stop"]
