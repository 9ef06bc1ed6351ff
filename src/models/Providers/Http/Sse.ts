import * as Sse from "@effect/experimental/Sse"
import { Either } from "effect"
import { Crashed } from "../../../domain/ProviderError.ts"

const largestEvent = 1_048_576
const largestStream = 67_108_864

const garbage = (what: string) => Either.left(new Crashed({ reason: `the answer ${what}` }))

/** Reads the data of server-sent events, however their bytes are cut into pieces; each event whole or not at all. */
export const make = () => {
  const utf8 = new TextDecoder("utf-8", { fatal: true })
  const found: Array<string> = []
  const parser = Sse.makeParser((event) => event._tag === "Event" && found.push(event.data), {
    maxEventSize: largestEvent
  })
  let size = 0

  const feed = (text: string): Either.Either<ReadonlyArray<string>, Crashed> =>
    parser.feed(text) === undefined ? Either.right(found.splice(0)) : garbage("holds an event that is too large")

  const decode = (bytes: Uint8Array) =>
    Either.orElse(
      Either.try(() => utf8.decode(bytes, { stream: true })),
      () => garbage("is not UTF-8")
    )

  return (bytes: Uint8Array) => {
    size += bytes.length
    return size > largestStream ? garbage("is too long") : Either.flatMap(decode(bytes), feed)
  }
}
