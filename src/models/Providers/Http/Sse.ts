import * as Sse from "@effect/experimental/Sse"
import { Either } from "effect"
import { Crashed } from "../../../domain/ProviderError.ts"

/** The parser (0.61) looks for the end of each line from the start of what it is fed: much at once takes its square. */
const piece = 2048
const largestEvent = 1_048_576
const largestDocument = 16_777_216
const largestStream = 67_108_864

export interface Event {
  readonly name: string
  readonly data: string
}

type Found = Either.Either<ReadonlyArray<Event>, Crashed>

const garbage = (what: string) => Either.left(new Crashed({ reason: `the answer ${what}` }))

/**
 * Reads server-sent events, however their bytes are cut into pieces; each event whole or not at all. An answer that
 * comes as one JSON document, and no stream, is one event.
 */
export const make = () => {
  const utf8 = new TextDecoder()
  const found: Array<Event> = []
  const parser = Sse.makeParser(
    (event) => {
      if (event._tag === "Event") found.push({ name: event.event, data: event.data })
    },
    { maxEventSize: largestEvent }
  )
  let size = 0
  let form: "unknown" | "stream" | "document" = "unknown"
  let begun = ""

  const feed = (text: string): Found => {
    for (let at = 0; at < text.length; at += piece) {
      if (parser.feed(text.slice(at, at + piece)) !== undefined) return garbage("holds an event that is too large")
    }
    return Either.right(found.splice(0))
  }

  const hear = (text: string): Found => {
    if (form === "stream") return feed(text)
    begun += text
    if (form === "unknown" && begun.trimStart() !== "") form = /^\s*[{[]/.test(begun) ? "document" : "stream"
    if (form === "stream") return feed(begun)
    return begun.length > largestDocument ? garbage("is too long") : Either.right([])
  }

  return {
    read: (bytes: Uint8Array): Found => {
      size += bytes.length
      return size > largestStream ? garbage("is too long") : hear(utf8.decode(bytes, { stream: true }))
    },
    /** What is left when nothing more comes: not every server ends its last event. */
    rest: (): Found => (form === "document" ? Either.right([{ name: "", data: begun }]) : feed("\n\n"))
  }
}
