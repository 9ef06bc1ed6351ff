import { HttpApiError, type HttpServerResponse } from "@effect/platform"
import { Effect, Either, Option, Schema } from "effect"
import type { BodyBound } from "../../domain/Body.ts"
import type { CurrentUser } from "../../domain/User.ts"
import * as Json from "../../lib/json.ts"
import { BodyUnreadable } from "../Body.ts"
import { endpointOf, type Group, pathReader, templateOf } from "../Contract.ts"
import type { Request } from "../Request.ts"

type Answer<E> = Effect.Effect<HttpServerResponse.HttpServerResponse, E, CurrentUser>

/** Answers when the body is there as text. */
export type Asked<E> = (headers: Request["headers"], body: string) => Answer<E>

/** A POST route whose path holds nothing but numbers. */
export interface Endpoint<E> {
  /** As the contract writes it: `/rooms/{room_id}`. */
  readonly path: string
  readonly bound: BodyBound["Type"]
  readonly middlewares: ReadonlySet<unknown>
  /** Nothing when the URL is another route's, or not as plain as almost all are. */
  readonly match: (url: string) => Asked<E> | undefined
}

interface Described<Path, Headers, Payload> {
  readonly name: string
  readonly pathSchema: Option.Option<Schema.Schema<Path, unknown>>
  readonly headersSchema: Option.Option<Schema.Schema<Headers, unknown>>
  readonly payloadSchema: Option.Option<Schema.Schema<Payload, unknown>>
}

type Undecoded = BodyUnreadable | HttpApiError.HttpApiDecodeError

const parsed = (text: string) =>
  Effect.try({ try: () => (text === "" ? null : Json.parse(text)), catch: BodyUnreadable.of })

const decoder = <A>(schema: Option.Option<Schema.Schema<A, unknown>>) => {
  const decode = Schema.decodeUnknownEither(Option.getOrThrow(schema))
  return (value: unknown) =>
    Either.match(decode(value), {
      onLeft: HttpApiError.HttpApiDecodeError.refailParseError,
      onRight: (found): Effect.Effect<A, HttpApiError.HttpApiDecodeError> => Effect.succeed(found)
    })
}

/** Path, schemas, bound and middlewares are the contract's. */
export const endpoint = <Path, Headers, Payload, E>(
  group: Group,
  { headersSchema, name, pathSchema, payloadSchema }: Described<Path, Headers, Payload>,
  handler: (asked: { readonly path: Path; readonly headers: Headers; readonly payload: Payload }) => Answer<E>
): Endpoint<E | Undecoded> => {
  const { path: described, ...rest } = endpointOf(group, "POST", name)
  const read = pathReader(described, pathSchema)
  const payloadIn = decoder(payloadSchema)
  const headersIn = decoder(headersSchema)

  const answer = Effect.fnUntraced(function* (path: Path, said: Request["headers"], body: string) {
    const payload = yield* payloadIn(yield* parsed(body))
    const headers = yield* headersIn(said)
    return yield* handler({ path, headers, payload })
  })

  return {
    ...rest,
    path: templateOf(described),
    match: (url) => {
      const path = read(url.split("?", 1)[0] ?? "")
      return Option.isSome(path) ? (headers, body) => answer(path.value, headers, body) : undefined
    }
  }
}
