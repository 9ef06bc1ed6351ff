import { Array, Effect, Option, Schema, Stream } from "effect"
import { AttachmentRepo } from "../../store/AttachmentRepo.ts"
import { longestName } from "../../domain/Message.ts"
import { WrittenDocument, WrittenMessage } from "../../domain/RoomDocument.ts"
import { oneLine } from "../../lib/text.ts"
import { noticeOf, type Row } from "../../store/DocumentRepo.ts"

const encodeHead = Schema.encodeSync(Schema.parseJson(WrittenDocument))
const encode = Schema.encodeSync(Schema.parseJson(WrittenMessage))

const lineOf = (name: string | null) => (name === null ? null : oneLine(name).slice(0, longestName))

/** Names from before they had to be on one line become as they are taken. */
const encodeMessage = (message: typeof WrittenMessage.Type) =>
  encode({
    ...message,
    agent_name: lineOf(message.agent_name),
    agent_display_name: lineOf(message.agent_display_name),
    participant_name: lineOf(message.participant_name)
  })

type Images = (typeof WrittenMessage.Type)["images"]

/** The message with those of its images that could be read; of one that was nothing else nothing can be. */
const withImages = (row: Row, read: Images, missing_images: number): typeof WrittenMessage.Type => {
  if (missing_images === 0) return { ...row, images: read }
  const said = row.content === "" && read.length === 0 ? noticeOf(row) : row
  return { ...said, images: read, missing_images }
}

/** The document as JSON text, a message a line. The images are read from the database one after the other. */
export const write = Effect.map(
  AttachmentRepo,
  ({ contentIfReadable }) =>
    <E>(head: Omit<WrittenDocument, "messages">, rows: Stream.Stream<Row, E>): Stream.Stream<string, E> => {
      const image = (message_id: Row["id"], position: number) =>
        Effect.map(
          contentIfReadable({ message_id, position }),
          Option.map(({ bytes, media_type }) => ({ media_type, data: Buffer.from(bytes).toString("base64") }))
        )
      const line = (row: Row) =>
        Effect.map(
          Effect.forEach(row.images ?? [], (_, position) => image(row.id, position)),
          (found) => {
            const read = Array.getSomes(found)
            return encodeMessage(withImages(row, read, found.length - read.length))
          }
        )
      const [before, after] = split(encodeHead({ ...head, messages: [] }))
      return Stream.concat(
        Stream.make(before),
        rows.pipe(
          Stream.mapEffect(line),
          Stream.mapAccum("", (comma, text) => [",", `${comma}\n${text}`]),
          Stream.concat(Stream.make(`\n${after}`))
        )
      )
    }
)

/** The text before the messages, and what comes after them. */
const split = (empty: string) => [empty.slice(0, -2), `${empty.slice(-2)}\n`] as const
