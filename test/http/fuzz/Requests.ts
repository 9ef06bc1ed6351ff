import { HttpApi, type HttpMethod } from "@effect/platform"
import { Arbitrary, FastCheck as fc, Option, Schema, SchemaAST } from "effect"
import { Api } from "../../../src/features/Api.ts"

export interface Request {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** As it goes over the wire; null for none. */
  readonly body: string | null
}

interface Endpoint {
  readonly method: HttpMethod.HttpMethod
  readonly path: string
  readonly urlParamsSchema: Parts
  readonly headersSchema: Parts
  readonly payloadSchema: Parts
}

type Parts = Option.Option<{ readonly ast: SchemaAST.AST }>

export interface Target {
  readonly name: string
  readonly method: HttpMethod.HttpMethod
  /** As the document writes it. */
  readonly template: string
  readonly requests: (ids: ReadonlyArray<number>) => fc.Arbitrary<Request>
}

const places = ["", " ", ".", "..", "../../etc/passwd", "..%2f..%2f", "/etc/passwd", "\\", "C:\\x", "a\0b", "\u202Eb"]
const numbers = ["-1", "0", "1e3", "1.5", "NaN", "Infinity", "0x10", "9007199254740993", "99999999999999999999"]
const words = ["null", "[]", "{}", "__proto__", "constructor", "' OR 1=1", "<script>alert(1)</script>", "💬", "\uD800"]

const text = fc.oneof(
  fc.constantFrom(...places, ...numbers, ...words, "화이트보드", "x".repeat(5000)),
  fc.string({ unit: "grapheme", maxLength: 40 })
)
const odd = fc.oneof(
  text,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(null, -1, 1e308, 2 ** 53, true, [], {}, [[[[[]]]]], { constructor: { prototype: 1 } })
)

const segment = (ids: ReadonlyArray<number>) =>
  fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...ids.map(String)) }, { weight: 1, arbitrary: text })

// An unpaired surrogate cannot be written in an address.
const written = (part: string) => encodeURIComponent(part.replaceAll(/\p{Surrogate}/gu, "?"))

// An HTTP client takes these out of a path by itself.
const segmentOf = (part = "") => (["", ".", ".."].includes(part) ? "%20" : written(part))

const pathOf = (template: string, ids: ReadonlyArray<number>) => {
  const names = [...template.matchAll(/:(\w+)/g)].map(([, name = ""]) => name)
  return fc
    .tuple(...names.map(() => segment(ids)))
    .map((parts) => names.reduce((path, name, i) => path.replace(`:${name}`, segmentOf(parts[i])), template))
}

const fieldsOf = (schema: Parts) =>
  Option.match(schema, {
    onNone: () => [],
    onSome: ({ ast }) => SchemaAST.getPropertySignatures(ast).map(({ name }) => String(name))
  })

const pairs = (names: ReadonlyArray<string>, ids: ReadonlyArray<number>, value: fc.Arbitrary<string>) =>
  fc.dictionary(fc.constantFrom(...names, "unknown"), fc.oneof(value, fc.constantFrom(...ids.map(String), "1", "50")), {
    maxKeys: 3
  })

const queryOf = (endpoint: Endpoint, ids: ReadonlyArray<number>) =>
  pairs(fieldsOf(endpoint.urlParamsSchema), ids, text).map((found) => {
    const said = Object.entries(found).map(([name, value]) => `${written(name)}=${written(value)}`)
    return said.length === 0 ? "" : `?${said.join("&")}`
  })

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A body of the right shape, whose values need not be right; with one field in which anything may stand. */
const bodyOf = ({ ast }: { readonly ast: SchemaAST.AST }): fc.Arbitrary<string> => {
  const encoded = Schema.encodedSchema(Schema.make<unknown, unknown, never>(ast))
  const shaped = Arbitrary.make(encoded)
  const bent = fc.tuple(shaped, fc.nat(), odd).map(([body, at, value]) => {
    if (!isPlain(body)) return value
    const names = [...Object.keys(body), "unknown"]
    return { ...body, [names[at % names.length] ?? ""]: value }
  })
  const broken = fc.constantFrom(
    "",
    "{",
    "[",
    `{"name":}`,
    "\uFEFF{}",
    `{"__proto__":{"role":"admin"}}`,
    "[".repeat(10_000)
  )
  return fc.oneof(
    { weight: 4, arbitrary: shaped.map((body) => JSON.stringify(body)) },
    { weight: 4, arbitrary: bent.map((body) => JSON.stringify(body) ?? "null") },
    { weight: 1, arbitrary: odd.map((body) => JSON.stringify(body)) },
    { weight: 1, arbitrary: broken }
  )
}

const ascii = fc.string({ unit: fc.constantFrom(..."abcXYZ019-._~:/ ;,="), maxLength: 30 })

const targetOf = (endpoint: Endpoint): Target => {
  const path = endpoint.path.replace(/(?<=.)\/$/, "")
  const payload = Option.map(endpoint.payloadSchema, bodyOf)
  return {
    name: `${endpoint.method} ${path}`,
    method: endpoint.method,
    template: path.replaceAll(/:(\w+)/g, "{$1}"),
    requests: (ids) =>
      fc.record({
        path: fc.tuple(pathOf(path, ids), queryOf(endpoint, ids)).map((parts) => parts.join("")),
        headers: pairs(
          [
            ...fieldsOf(endpoint.headersSchema),
            "x-request-id",
            "traceparent",
            "if-none-match",
            "last-event-id",
            "accept"
          ],
          ids,
          ascii
        ),
        body: Option.getOrElse(payload, () => fc.constant(null))
      })
  }
}

/** Every route of the contract; those that take things away come last. */
export const targets: Array<Target> = []
HttpApi.reflect(Api, {
  onGroup: () => {},
  onEndpoint: ({ endpoint }) => void targets.push(targetOf(endpoint))
})
targets.sort((one, other) => Number(one.method === "DELETE") - Number(other.method === "DELETE"))
