import { Schema } from "effect"

/**
 * How an answer ended: `stop` of the model's own will; `length` at the limit of tokens; `refusal` by the model and
 * `filter` by somebody around it, after some words; `paused` by the vendor in the middle; `interrupted` by the room;
 * `error` by a failure after some words.
 */
export const Finish = Schema.Literal("stop", "length", "refusal", "filter", "paused", "interrupted", "error")
export type Finish = typeof Finish.Type
