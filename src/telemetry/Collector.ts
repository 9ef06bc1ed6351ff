import { type HttpClient, HttpClientRequest, type HttpClientResponse } from "@effect/platform"
import { Data, Effect, Schema, Stream } from "effect"
import { encode } from "./Otlp.ts"
import type { Recorded } from "./Span.ts"

/** The collector did not take what it was sent; a transient refusal is worth another try. */
export class Refused extends Data.TaggedError("Refused")<{ readonly reason: string; readonly isTransient: boolean }> {}

const patience = "10 seconds"
const longestAnswer = 65_536
const transient: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])

const Count = Schema.Union(Schema.Int, Schema.NumberFromString)
const Answer = Schema.parseJson(
  Schema.Struct({ partialSuccess: Schema.optional(Schema.Struct({ rejectedSpans: Schema.optional(Count) })) })
)

const refused = (reason: string, isTransient: boolean) => new Refused({ reason, isTransient })

const text = (response: HttpClientResponse.HttpClientResponse) =>
  response.stream.pipe(
    Stream.decodeText(),
    Stream.runFoldWhile(
      "",
      (read) => read.length < longestAnswer,
      (read, piece) => read + piece
    )
  )

/** How many spans the collector says that it did not keep. */
const rejected = (body: string) =>
  body === ""
    ? Effect.succeed(0)
    : Schema.decode(Answer)(body).pipe(
        Effect.mapBoth({
          onSuccess: ({ partialSuccess }) => partialSuccess?.rejectedSpans ?? 0,
          onFailure: () => refused("the answer is no collector's", false)
        })
      )

/** A collector of OTLP over HTTP; `take` tells how many of the spans it kept. */
export const make = (client: HttpClient.HttpClient, endpoint: string) => {
  const post = HttpClientRequest.post(`${endpoint.replace(/\/+$/, "")}/v1/traces`)
  return {
    take: (spans: ReadonlyArray<Recorded>): Effect.Effect<number, Refused> =>
      Effect.suspend(() => client.execute(HttpClientRequest.bodyText(post, encode(spans), "application/json"))).pipe(
        Effect.filterOrFail(
          ({ status }) => status >= 200 && status < 300,
          ({ status }) => refused(`it answers ${status}`, transient.has(status))
        ),
        Effect.flatMap(text),
        Effect.catchTags({
          RequestError: () => refused("it cannot be reached", true),
          ResponseError: () => refused("it breaks off", true)
        }),
        Effect.flatMap(rejected),
        Effect.map((count) => spans.length - count),
        Effect.timeoutFail({ duration: patience, onTimeout: () => refused("it does not answer", true) }),
        Effect.withTracerEnabled(false)
      )
  }
}
