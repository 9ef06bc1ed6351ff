import { HttpApiError, type HttpServerResponse } from "@effect/platform"
import { Effect, Option, ParseResult, Schema } from "effect"
import type { BodyBound } from "../../domain/Body.ts"
import type { CurrentUser } from "../../domain/User.ts"
import { BodyUnreadable } from "../Body.ts"
import { endpointOf, type Group, pathReader, templateOf } from "../Contract.ts"
import type { Request } from "../Request.ts"

type Answer = Effect.Effect<HttpServerResponse.HttpServerResponse, unknown, CurrentUser>

/** Answers when the body is there as text. */
export type Asked = (headers: Request["headers"], body: string) => Answer

/** A POST route whose path holds nothing but numbers. */
export interface Endpoint {
  /** As the contract writes it: `/rooms/{room_id}`. */
  readonly path: string
  readonly bound: BodyBound["Type"]
  readonly middlewares: ReadonlySet<unknown>
  /** Nothing when the URL is another route's, or not as plain as almost all are. */
  readonly match: (url: string) => Asked | undefined
}

interface Described<Path, Headers, Payload> {
  readonly name: string
  readonly pathSchema: Option.Option<Schema.Schema<Path, unknown>>
  readonly headersSchema: Option.Option<Schema.Schema<Headers, unknown>>
  readonly payloadSchema: Option.Option<Schema.Schema<Payload, unknown>>
}

const parsed = (text: string): Effect.Effect<unknown, BodyUnreadable> =>
  Effect.try({ try: () => (text === "" ? null : JSON.parse(text)), catch: BodyUnreadable.of })

const decoder = <A>(schema: Option.Option<Schema.Schema<A, unknown>>) =>
  Schema.decodeUnknownEither(Option.getOrThrow(schema))

/** Path, schemas, bound and middlewares are the contract's. */
export const endpoint = <Path, Headers, Payload>(
  group: Group,
  { headersSchema, name, pathSchema, payloadSchema }: Described<Path, Headers, Payload>,
  handler: (asked: { readonly path: Path; readonly headers: Headers; readonly payload: Payload }) => Answer
): Endpoint => {
  const { path: described, ...rest } = endpointOf(group, "POST", name)
  const read = pathReader(described, pathSchema)
  const decodePayload = decoder(payloadSchema)
  const decodeHeaders = decoder(headersSchema)

  const answer = (path: Path, said: Request["headers"], body: string): Answer =>
    Effect.gen(function* () {
      const payload = yield* decodePayload(yield* parsed(body))
      const headers = yield* decodeHeaders(said)
      return yield* handler({ path, headers, payload })
    }).pipe(Effect.catchIf(ParseResult.isParseError, HttpApiError.HttpApiDecodeError.refailParseError))

  return {
    ...rest,
    path: templateOf(described),
    match: (url) => {
      const path = read(url.split("?", 1)[0] ?? "")
      return Option.isSome(path) ? (headers, body) => answer(path.value, headers, body) : undefined
    }
  }
}
