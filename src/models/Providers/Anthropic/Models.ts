import { Effect, Schema } from "effect"
import type { Model } from "../../../domain/Provider.ts"
import type { ProviderError } from "../../../domain/ProviderError.ts"
import type { KnownModels } from "../../../domain/ModelTraits.ts"
import { type Ask, publish } from "../Http/Models.ts"
import type { Call } from "../Http/Transport.ts"

const Page = Schema.parseJson(
  Schema.Struct({
    data: Schema.Array(
      Schema.Struct(
        { id: Schema.String, display_name: Schema.optional(Schema.String) },
        { key: Schema.String, value: Schema.Unknown }
      )
    ),
    has_more: Schema.optional(Schema.Boolean),
    last_id: Schema.optional(Schema.NullOr(Schema.String))
  })
)
const most = 1000
const perPage = 100

/** All that the key may ask for, page by page. */
export const list = (ask: Ask, at: (path: string) => string, headers: Call["headers"], traits: KnownModels) => {
  const from = (known: ReadonlyArray<Model>, after: string): Effect.Effect<ReadonlyArray<Model>, ProviderError> =>
    Effect.flatMap(
      ask({ method: "GET", url: at(`/v1/models?limit=${perPage}${after}`), headers }, Schema.decodeOption(Page)),
      ({ data, has_more, last_id }) => {
        publish(traits, data)
        const models = [...known, ...data.map(({ display_name, id }) => ({ id, name: display_name ?? id }))]
        const isAll = has_more !== true || !last_id || data.length === 0 || models.length >= most
        return isAll ? Effect.succeed(models.slice(0, most)) : from(models, `&after_id=${encodeURIComponent(last_id)}`)
      }
    )
  return from([], "")
}
