import { OpenApi } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Validator } from "@seriousme/openapi-schema-validator"
import { Effect } from "effect"
import { Api } from "../../src/Api.ts"
import { routes } from "../support/routes.ts"

const document = OpenApi.fromApi(Api)
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, ...operation }))
)

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

  it("forbids no field that is not known, and names no error of the library's", () => {
    const text = JSON.stringify(document)
    strictEqual(text.includes(`"additionalProperties":false`), false)
    strictEqual(text.includes("HttpApiDecodeError"), false)
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
})
