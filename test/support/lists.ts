import { OpenApi } from "@effect/platform"
import { Record, Schema } from "effect"
import { Api } from "../../src/features/Api.ts"

interface Shape {
  readonly $ref?: string
  readonly type?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly additionalProperties?: boolean | Shape
}

const Documented = Schema.Struct({
  paths: Schema.Record({ key: Schema.String, value: Schema.Record({ key: Schema.String, value: Schema.Any }) }),
  components: Schema.Struct({ schemas: Schema.Record({ key: Schema.String, value: Schema.Any }) })
})
const { components, paths } = Schema.decodeUnknownSync(Documented)(OpenApi.fromApi(Api))

const resolved = (shape: Shape = {}): Shape =>
  shape.$ref === undefined ? shape : resolved(components.schemas[shape.$ref.replace(/^.*\//, "")])

const isMany = ({ additionalProperties, type }: Shape) => type === "array" || typeof additionalProperties === "object"

/** True where an answer is a list, or has one among its fields. */
const listed = (shape: Shape) =>
  isMany(shape) || Object.values(shape.properties ?? {}).some((field) => isMany(resolved(field)))

const isListed = (operation: { responses: any }) =>
  listed(resolved(operation.responses["200"]?.content?.["application/json"]?.schema))

/** Every route of the contract that is read and answers with a list: its path, and the names of its parameters. */
export const lists = Record.toEntries(paths).flatMap(([path, { get }]) =>
  get === undefined || !isListed(get)
    ? []
    : [{ path, takes: (get.parameters ?? []).map(({ name }: { readonly name: string }) => name) }]
)
