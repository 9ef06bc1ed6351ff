import { Schema } from "effect"
import { Timestamp } from "./Time.ts"
import { ModelTraits } from "./ModelTraits.ts"

export type WaitReason =
  | "rate_limited"
  | "overloaded"
  | "server_failed"
  | "unreachable"
  | "unreadable"
  | "crashed"
  | "timed_out"
  | "busy"

/** Why a turn has not been asked of its provider yet, or not again. */
export interface Waiting {
  readonly provider: string
  /** `busy` stands in line behind others. */
  readonly reason: WaitReason
  /** When it will be tried at the earliest, as far as that is known. */
  readonly until: Timestamp | null
  /** How often it will have been tried then. */
  readonly attempt: number
}

/** How it stands with a provider, as far as turns have told. */
export const ProviderState = Schema.Struct({
  /** `open` lets nothing pass; `half_open` lets one try decide. */
  state: Schema.Literal("closed", "open", "half_open"),
  /** Turns in line, and turns that are asked of it. */
  waiting: Schema.Int,
  under_way: Schema.Int,
  /** How many may be asked of it at once since it last refused; null while nothing bounds them. */
  limit: Schema.NullOr(Schema.Int),
  /** In a row. */
  failures: Schema.Int,
  /** Nothing is asked of it before; null when it can be asked now. */
  not_before: Schema.NullOr(Timestamp),
  last_success_at: Schema.NullOr(Timestamp),
  last_error: Schema.NullOr(
    Schema.Struct({
      _tag: Schema.String,
      at: Timestamp,
      /** The vendor's own words; empty where it gave none. */
      reason: Schema.String,
      /** What happened and what to do, in plain sentences. */
      message: Schema.String
    })
  )
}).annotations({ identifier: "ProviderState" })
export type ProviderState = typeof ProviderState.Type

export const ModelState = Schema.Struct({ model: Schema.String, ...ProviderState.fields }).annotations({
  identifier: "ModelState"
})
export type ModelState = typeof ModelState.Type

const well: ProviderState = {
  state: "closed",
  waiting: 0,
  under_way: 0,
  limit: null,
  failures: 0,
  not_before: null,
  last_success_at: null,
  last_error: null
}

const badness = { closed: 0, half_open: 1, open: 2 }

/** One state for all: how many wait and are under way in all, and the rest of the one that stands worst. */
export const worst = (all: ReadonlyArray<ProviderState>): ProviderState => {
  const [first, ...others] = all
  if (first === undefined) return well
  const sum = (name: "waiting" | "under_way") => all.reduce((total, state) => total + state[name], 0)
  const found = others.reduce((one, other) => {
    const difference = badness[other.state] - badness[one.state] || other.failures - one.failures
    return difference > 0 ? other : one
  }, first)
  const { failures, last_error, last_success_at, limit, not_before, state } = found
  return {
    state,
    waiting: sum("waiting"),
    under_way: sum("under_way"),
    limit,
    failures,
    not_before,
    last_success_at,
    last_error
  }
}

export const ProviderList = Schema.Struct({
  /** In the order in which they are preferred. */
  providers: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      available: Schema.Boolean,
      /** False for one that only plays a model. */
      is_model: Schema.Boolean,
      default_model: Schema.String,
      takes_images: Schema.Boolean,
      /** What a room can name as its model; null while the provider has not told, or cannot. */
      models: Schema.NullOr(Schema.Array(Schema.Struct({ id: Schema.String, name: Schema.String }))),
      /** What is known of its models, beside their names. */
      traits: Schema.Array(ModelTraits),
      /** Of the model that stands worst. */
      health: ProviderState,
      /** Of each model that was asked. */
      model_health: Schema.Array(ModelState)
    })
  ),
  default: Schema.String
}).annotations({ identifier: "ProviderList" })
export type ProviderList = typeof ProviderList.Type
