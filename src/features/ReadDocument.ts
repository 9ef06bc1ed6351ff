import { Data, Effect, ParseResult, Schema } from "effect"
import { DocumentMessage, outOfOrder, RoomDocument } from "../domain/RoomDocument.ts"
import { forEachInTurns } from "../lib/turns.ts"
import { split } from "./ReadDocument/Split.ts"

/** The text is no JSON. */
export class NotJson extends Data.TaggedError("NotJson") {
  override get message() {
    return "the text is no JSON"
  }
}

const decodeText = Schema.decode(Schema.parseJson())
const decodeHead = Schema.decodeUnknown(RoomDocument)
const decodeMessage = ParseResult.decodeUnknown(DocumentMessage)

const parse = (text: string) => Effect.mapError(decodeText(text), () => new NotJson())

const misfit = (place: number, issue: ParseResult.ParseIssue) =>
  new ParseResult.ParseError({ issue: new ParseResult.Pointer(["messages", place], null, issue) })

const message = Effect.fnUntraced(function* (text: string, place: number) {
  const raw = yield* parse(text)
  return yield* Effect.mapError(decodeMessage(raw), (issue) => misfit(place, issue))
})

/** A document out of its text, however long that is: nobody waits for it. The first place that does not fit is told. */
export const read = Effect.fn("Documents.read")(function* (text: string) {
  const { head, messages } = yield* Effect.flatten(split(text)).pipe(Effect.mapError(() => new NotJson()))
  const document = yield* Effect.flatMap(parse(head), decodeHead)
  if (messages.length === 0) return document
  // A second list of the same name.
  if (document.messages.length > 0) return yield* new NotJson()
  const decoded = yield* forEachInTurns(messages, message)
  const wrong = outOfOrder(decoded)
  if (wrong !== undefined) {
    const [place] = wrong.path
    const id = new ParseResult.Pointer("id", null, new ParseResult.Type(DocumentMessage.ast, null, wrong.message))
    return yield* misfit(place, id)
  }
  return { ...document, messages: decoded }
})
