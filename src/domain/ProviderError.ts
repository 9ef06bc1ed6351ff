import { Schema } from "effect"

/** When the provider asks to be tried again, in milliseconds from now; null where it does not say. */
const retryAfterMs = Schema.NullOr(Schema.Number)
/** The vendor's own words: short, safe to show, without any secret. Empty where it gave none. */
const reason = Schema.optionalWith(Schema.String, { default: () => "" })

/** Too much was asked in too short a time: of the model that was asked. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", { retryAfterMs, reason }) {}
/** The service cannot serve for now. */
export class Overloaded extends Schema.TaggedError<Overloaded>()("Overloaded", { retryAfterMs, reason }) {}
/** The service failed at this request. Whether it serves others, this does not tell. */
export class ServerFailed extends Schema.TaggedError<ServerFailed>()("ServerFailed", { retryAfterMs, reason }) {}
/** No connection to the endpoint: its name is unknown, or nothing listens there. */
export class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", {
  /** Host and port. */
  host: Schema.String,
  reason
}) {}
/** The key is not accepted, or may not do this. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", { reason }) {}
/** The account behind the key has no credit left, or has reached its limit of spending. */
export class QuotaExhausted extends Schema.TaggedError<QuotaExhausted>()("QuotaExhausted", { reason }) {}
/** The endpoint has no such model, or not for this key. */
export class ModelUnknown extends Schema.TaggedError<ModelUnknown>()("ModelUnknown", {
  model: Schema.String,
  reason
}) {}
/** The model, or a filter around it, does not answer this. Asked again, it would not either. */
export class Refused extends Schema.TaggedError<Refused>()("Refused", {
  finish: Schema.Literal("refusal", "filter"),
  reason
}) {}
/** The session to resume is gone; the caller opens a new one from the log. */
export class SessionLost extends Schema.TaggedError<SessionLost>()("SessionLost", {}) {}
/** The conversation is longer than the model can read; the caller leaves some of it out. */
export class ContextExceeded extends Schema.TaggedError<ContextExceeded>()("ContextExceeded", { reason }) {}
/** The model takes no images; the caller leaves them out. */
export class ImagesRefused extends Schema.TaggedError<ImagesRefused>()("ImagesRefused", { reason }) {}
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", { reason }) {}
export class TimedOut extends Schema.TaggedError<TimedOut>()("TimedOut", {
  phase: Schema.Literal("connect", "first_token", "idle", "total"),
  afterMs: Schema.Number
}) {}
/** The model did not stop calling tools: the turn had come to all the requests, or calls, that one may take. */
export class TooManyToolCalls extends Schema.TaggedError<TooManyToolCalls>()("TooManyToolCalls", {
  of: Schema.Literal("requests", "calls"),
  most: Schema.Number
}) {}
/** The model said and thought more than a turn may hold; `most` is in characters. */
export class TooLong extends Schema.TaggedError<TooLong>()("TooLong", { most: Schema.Number }) {}
/** An answer came whole, and holds nothing that can be used. It may have been paid for. */
export class Unreadable extends Schema.TaggedError<Unreadable>()("Unreadable", { reason }) {}
/** The client, its process or the connection broke. */
export class Crashed extends Schema.TaggedError<Crashed>()("Crashed", { reason }) {}

export const ProviderError = Schema.Union(
  RateLimited,
  Overloaded,
  ServerFailed,
  Unreachable,
  Unauthorized,
  QuotaExhausted,
  ModelUnknown,
  Refused,
  SessionLost,
  ContextExceeded,
  ImagesRefused,
  InvalidRequest,
  TimedOut,
  TooManyToolCalls,
  TooLong,
  Unreadable,
  Crashed
)
export type ProviderError = typeof ProviderError.Type
