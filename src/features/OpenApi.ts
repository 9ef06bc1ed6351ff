import type { OpenApi } from "@effect/platform"
import { Array, Predicate, Record, Struct } from "effect"
import { exactMark } from "../domain/Body.ts"
import { BodyNotJson, BodyTooLarge, Failure, Invalid } from "../domain/Error.ts"

type Operation = OpenApi.OpenAPISpecOperation
type Paths = OpenApi.OpenAPISpec["paths"]
type Components = OpenApi.OpenAPISpec["components"]

/** What a request can be answered whatever its route, beside what the routes say. */
export const everywhere = [Invalid, BodyTooLarge, BodyNotJson, Failure]

const theirs = "HttpApiDecodeError"
/** What only that names. */
const theirIssue = "Issue"
const referenceTo = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const isTheirs = (schema: unknown) => Predicate.hasProperty(schema, "$ref") && schema.$ref === referenceTo(theirs).$ref

const schemasOf = (response: OpenApi.OpenApiSpecResponse): ReadonlyArray<unknown> => {
  const schema = response.content?.["application/json"]?.schema
  if (schema === undefined) return []
  return Predicate.hasProperty(schema, "anyOf") && Array.isArray(schema.anyOf) ? schema.anyOf : [schema]
}

const nameOf = (schema: unknown) => (Predicate.hasProperty(schema, "$ref") ? String(schema.$ref).split("/").at(-1) : "")

const refusal = (schemas: ReadonlyArray<unknown>) => ({
  description: schemas.map(nameOf).join(" or "),
  content: { "application/json": { schema: schemas.length === 1 ? schemas[0] : { anyOf: schemas } } }
})

const unfit = ({ parameters, requestBody }: Operation): Record<string, ReadonlyArray<unknown>> =>
  requestBody !== undefined
    ? { 413: [referenceTo("BodyTooLarge")], 415: [referenceTo("BodyNotJson")], 422: [referenceTo("Invalid")] }
    : parameters.length > 0
      ? { 400: [referenceTo("Invalid")] }
      : {}

/** What is read as JSON has a tag, by which it need not be sent again. */
const unchanged = ({ responses }: Operation) =>
  responses["200"]?.content?.["application/json"] === undefined
    ? {}
    : { 304: { description: "The answer is the one whose ETag the request names in If-None-Match" } }

// A stream has no end at which a schema could hold of it; the API's page tells of its events.
const isStream = (type: string) => type === "text/event-stream"

const withStreams = ({ content = {}, ...response }: OpenApi.OpenApiSpecResponse) => ({
  ...response,
  content: Object.fromEntries(Object.entries(content).map(([type, media]) => [type, isStream(type) ? {} : media]))
})

const takesNull = (schema: unknown) =>
  Predicate.hasProperty(schema, "anyOf") && Array.isArray(schema.anyOf) && schema.anyOf.some(isNull)
const isNull = (schema: unknown) => Predicate.hasProperty(schema, "type") && schema.type === "null"

/** What takes null as its body takes none. */
const requestBodyOf = ({ requestBody }: Operation) =>
  requestBody === undefined
    ? {}
    : { requestBody: { ...requestBody, required: !takesNull(requestBody.content["application/json"]?.schema) } }

/** The library's word for a request that does not fit is replaced by what such a request is really answered. */
const responsesOf = (method: string, operation: Operation) => {
  const [refused, fine] = Array.partition(Object.entries(operation.responses), ([status]) => Number(status) < 400)
  const known = refused.map(
    ([status, response]) => [status, schemasOf(response).filter(Predicate.not(isTheirs))] as const
  )
  const errors = Record.union(Object.fromEntries(known), unfit(operation), (one, other) => [...one, ...other])
  return {
    ...Object.fromEntries(fine.map(([status, response]) => [status, withStreams(response)])),
    ...(method === "get" ? unchanged(operation) : {}),
    ...Record.map(Record.filter(errors, Array.isNonEmptyReadonlyArray), refusal),
    default: { ...refusal([referenceTo("Failure")]), description: "Any other failure" }
  }
}

// Fields that nobody knows are ignored in most requests, and may be added to an answer; an `$id` may stand only once.
const isSaid =
  (isExact: boolean) =>
  ([name, value]: readonly [string, unknown]) =>
    name !== "$id" && name !== exactMark && (isExact || name !== "additionalProperties" || value !== false)

/** An integer is one that every program can count with. */
const bounds = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }

const asMeant = (json: unknown): unknown => {
  if (Array.isArray(json)) return json.map(asMeant)
  if (!Predicate.isRecord(json)) return json
  const entries = Object.entries(json).filter(isSaid(exactMark in json))
  const meant = Object.fromEntries(entries.map(([name, value]) => [name, asMeant(value)]))
  return json["type"] === "integer" ? { ...bounds, ...meant } : meant
}

/** The library's document, with what it cannot know of the edge. */
export const document: OpenApi.Transform["Type"] = (spec) => {
  const paths: Paths = spec["paths"]
  const components: Components = spec["components"]
  return {
    ...spec,
    paths: asMeant(
      Record.mapEntries(paths, (item, path) => [
        path.replace(/(?<=.)\/$/, ""),
        Object.fromEntries(
          Object.entries(item).map(([method, operation]) => [
            method,
            { ...operation, ...requestBodyOf(operation), responses: responsesOf(method, operation) }
          ])
        )
      ])
    ),
    components: asMeant({ ...components, schemas: Struct.omit(components.schemas, theirs, theirIssue) })
  }
}
