import { OpenApi } from "@effect/platform"
import { Api } from "../../src/features/Api.ts"
import { at } from "./at.ts"

const { components, paths } = OpenApi.fromApi(Api)

const resolved = (shape: unknown): unknown => {
  const name = at(shape, "$ref")
  return typeof name === "string" ? resolved(components.schemas[name.replace(/^.*\//, "")]) : shape
}

const isMany = (shape: unknown) =>
  at(shape, "type") === "array" || typeof at(shape, "additionalProperties") === "object"

/** True where an answer is a list, or has one among its fields. */
const isListed = (shape: unknown) =>
  isMany(shape) || Object.values(Object(at(shape, "properties"))).some((field) => isMany(resolved(field)))

/** Every route of the contract that is read and answers with a list: its path, and the names of its parameters. */
export const lists = Object.entries(paths).flatMap(([path, { get }]) =>
  isListed(resolved(at(get?.responses, 200, "content", "application/json", "schema")))
    ? [{ path, takes: get?.parameters.map(({ name }) => name) ?? [] }]
    : []
)
