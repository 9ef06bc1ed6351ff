import { OpenApi } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInclude, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Validator } from "@seriousme/openapi-schema-validator"
import { Effect, Predicate } from "effect"
import { stringify } from "../../src/lib/json.ts"
import { Api } from "../../src/features/Api.ts"
import { routes } from "../support/routes.ts"

const document = OpenApi.fromApi(Api)
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, ...operation }))
)

const isSafe = (bound: unknown) => Number.isSafeInteger(bound)

const integersIn = (json: unknown): ReadonlyArray<Readonly<Record<string, unknown>>> => {
  if (Array.isArray(json)) return json.flatMap(integersIn)
  if (!Predicate.isRecord(json)) return []
  return [...(json["type"] === "integer" ? [json] : []), ...Object.values(json).flatMap(integersIn)]
}

describe("the document", () => {
  it.effect("is valid OpenAPI 3.1", () =>
    Effect.gen(function* () {
      const { errors, valid } = yield* Effect.promise(() => new Validator().validate({ ...document }))
      deepStrictEqual([valid, errors], [true, undefined])
    })
  )

  it("holds every route, under the path that clients call", () => {
    deepStrictEqual(
      operations.map(({ name }) => name).toSorted(),
      routes.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`).toSorted()
    )
  })

  it("titles every operation in words, and says what each group is for", () => {
    const untitled = operations.filter(({ summary = "" }) => !/^[A-Z][^/]+[^.]$/.test(summary))
    deepStrictEqual(
      untitled.map(({ name }) => name),
      []
    )
    deepStrictEqual(
      document.tags?.filter(({ description = "" }) => description === ""),
      []
    )
  })

  it("tells of every route that takes a token that it can answer 401, and of no other", () => {
    const wrong = operations.filter(({ name, responses, security }) => {
      const isLogin = /POST .*\/(login|link)$/.test(name)
      return !isLogin && security.length > 0 !== "401" in responses
    })
    deepStrictEqual(
      wrong.map(({ name }) => name),
      []
    )
  })

  it("forbids fields that are not known in the bodies that refuse them, and nowhere else", () => {
    const forbids = (value: unknown) => JSON.stringify(value).includes(`"additionalProperties":false`)
    const { RoomUpdate, SeatUpdate, ...schemas } = document.components.schemas
    const exact = operations.filter(({ requestBody }) => {
      const schema = requestBody?.content["application/json"]?.schema
      return forbids({ schema }) || /\/(Room|Seat)Update"/.test(JSON.stringify({ schema }))
    })

    deepStrictEqual(exact.map(({ name }) => name).toSorted(), [
      "PATCH /agents/{agent_id}",
      "PATCH /rooms/{room_id}",
      "PATCH /rooms/{room_id}/agents/{agent_id}",
      "POST /admin/pool/evict",
      "POST /auth/links",
      "POST /auth/logout-everywhere",
      "POST /providers/{name}/try"
    ])
    deepStrictEqual([RoomUpdate, SeatUpdate, schemas, operations.map(({ responses }) => responses)].map(forbids), [
      true,
      true,
      false,
      false
    ])
    strictEqual(JSON.stringify(document).includes("x-exact"), false)
  })

  it("names no error of the library's, and says of every route that what it reads may be unreadable", () => {
    strictEqual(JSON.stringify(document).includes("HttpApiDecodeError"), false)
    const silent = operations.filter(({ responses }) => !JSON.stringify({ ...responses[500] }).includes("/Unreadable"))
    deepStrictEqual(
      silent.map(({ name }) => name),
      []
    )
  })

  it("tells of what is read as JSON that it can answer 304, and of nothing else", () => {
    const wrong = operations.filter(({ name, responses }) => {
      const isRead = name.startsWith("GET ") && responses[200]?.content?.["application/json"] !== undefined
      return isRead !== "304" in responses
    })
    deepStrictEqual(
      wrong.map(({ name }) => name),
      []
    )
  })

  it("says of the size of a picture that it has no effect", () => {
    const picture = operations.find(({ name }) => name === "GET /agents/{name}/profile-pic")
    strictEqual(picture?.description, "The picture as it is stored: `size` has no effect.")
  })

  it("gives every number in a path or a query as a number", () => {
    const texts = operations.flatMap(({ name, parameters }) =>
      parameters
        .filter(({ schema }) => JSON.stringify(schema).includes("NumberFromString"))
        .map((one) => `${name} ${one.name}`)
    )
    deepStrictEqual(texts, [])
  })

  it("says where the server is, and what may be done with its program", () => {
    deepStrictEqual([document.servers?.map(({ url }) => url), document.info.license?.name], [["/"], "Apache-2.0"])
  })

  it("gives both contents of an export", () => {
    const { responses } = operations.find(({ name }) => name === "GET /rooms/{room_id}/export") ?? {}
    deepStrictEqual(Object.keys(responses?.[200]?.content ?? {}), ["application/json", "text/markdown"])
  })

  it("bounds every integer to those that every program can count with", () => {
    const boundless = integersIn(document).filter(({ maximum, minimum }) => !isSafe(maximum) || !isSafe(minimum))
    deepStrictEqual(boundless, [])
  })

  it("says of texts that are made to fit what they must be all the same", () => {
    const { RoomCreate, RoomDocument } = document.components.schemas
    const query = operations.find(({ name }) => name === "GET /messages/search")?.parameters[0]
    assertInclude(stringify(RoomCreate), `"minLength":1`)
    assertInclude(stringify(query), `"minLength":1`)
    assertInclude(stringify(RoomDocument), `"format":"date-time"`)
  })

  it("tells of the bodies that may be left out, and of no other", () => {
    const free = operations.filter(({ requestBody }) => requestBody !== undefined && !requestBody.required)
    deepStrictEqual(free.map(({ name }) => name).toSorted(), [
      "POST /auth/links",
      "POST /auth/logout-everywhere",
      "POST /providers/{name}/try"
    ])
  })
})
