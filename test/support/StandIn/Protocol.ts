import { Data, type Deferred, type Effect } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import type { IncomingHttpHeaders, ServerResponse } from "node:http"

/** What a request asks, whatever the protocol. */
export interface Heard {
  readonly system: string
  /** All that was said, by whomever, in one text. */
  readonly told: string
  readonly images: ReadonlyArray<{ readonly label: string; readonly media_type: string; readonly data: string }>
  /** What came of the tools that were called, in order. */
  readonly results: ReadonlyArray<string>
  /** Of the calls that these results answer. */
  readonly answered: ReadonlyArray<string>
  readonly tools: ReadonlyArray<string>
}

/** A request as it came over the wire. */
export interface Call<Request = unknown> {
  /** Counted from 1. */
  readonly number: number
  readonly path: string
  readonly body: string
  readonly headers: IncomingHttpHeaders
  readonly request: Request
  readonly wording: Wording
  readonly heard: Heard
  /** The text blocks of each message. */
  readonly said: ReadonlyArray<{ readonly role: string; readonly texts: ReadonlyArray<string> }>
  /** Done when the connection is over: true when the answer had been sent whole, false when the client left. */
  readonly closed: Deferred.Deferred<boolean>
}

export type Reply<Request = unknown> = (response: ServerResponse, call: Call<Request>) => Effect.Effect<void>

/** The frames of which an answer to a request consists. */
export interface Wording {
  readonly begin: (call: Call, cost: Cost) => ReadonlyArray<string>
  readonly open: (call: Call, content: Content, place: Place) => ReadonlyArray<string>
  readonly delta: (content: Content, place: Place, piece: string) => string
  readonly close: (content: Content, place: Place) => ReadonlyArray<string>
  readonly end: (contents: ReadonlyArray<Content>, cost: Cost) => ReadonlyArray<string>
  readonly half: string
  readonly overloaded: string
  readonly refusal: (status: number, message: string) => unknown
  readonly tooLong: unknown
}

export interface Protocol<Request> {
  readonly decode: (body: string) => Effect.Effect<Request>
  readonly said: (request: Request) => Call["said"]
  readonly heard: (request: Request) => Heard
  readonly wording: (request: Request) => Wording
  readonly models: (ids: ReadonlyArray<string>, query: URLSearchParams, more: object) => unknown
}

/** Ends an answer before its time, in a way of its own. */
export class Cut extends Data.TaggedError("Cut")<{ readonly end: Reply }> {}

/** A delta, or something to wait for before the next one. */
export type Piece = string | Effect.Effect<void, Cut>

/** A block of an answer, whatever the protocol. */
export interface Content {
  readonly kind: "text" | "thinking" | "tool"
  /** Of the tool; empty where there is none. */
  readonly name: string
  /** Of the call; one of its own where none is given. */
  readonly id: string | null
  readonly pieces: ReadonlyArray<Piece>
}

/** What an answer costs. */
export interface Cost {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_read_input_tokens: number
  readonly cache_creation_input_tokens: number
}

/** Where a block stands among all, and among those of its kind. */
export interface Place {
  readonly index: number
  readonly nth: number
}
