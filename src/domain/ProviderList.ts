import { Schema } from "effect"
import { ProviderState } from "./ProviderState.ts"

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
      health: ProviderState
    })
  ),
  default: Schema.String
}).annotations({ identifier: "ProviderList" })
export type ProviderList = typeof ProviderList.Type
