import { SqlClient } from "@effect/sql"
import { Array, Context, Effect, Layer, type Option, Schema } from "effect"
import { type Image, ImageNotFound, ImageType } from "../domain/Image.ts"
import { MessageId } from "../domain/Message.ts"
import type { RoomId } from "../domain/RoomId.ts"
import * as Sql from "./Sql.ts"
import { type Commit, within } from "./WriteQueue.ts"

/** Which image of which message, from 0. */
export interface Place {
  readonly message_id: MessageId
  readonly position: number
}

const Stored = Schema.Struct({ media_type: ImageType, key: Schema.String, sha256: Schema.String })
const Content = Schema.Struct({ media_type: ImageType, bytes: Schema.Uint8ArrayFromSelf })
const Sized = Schema.Struct({ message_id: MessageId, position: Schema.Int, size: Schema.Int })
export type Sized = typeof Sized.Type

export class AttachmentRepo extends Context.Tag("parley/store/AttachmentRepo")<
  AttachmentRepo,
  {
    readonly insert: (message: MessageId, images: ReadonlyArray<Image>) => Effect.Effect<void, never, Commit>
    /** What is known of an image of this room, without its bytes. */
    readonly find: (room: RoomId, place: Place) => Effect.Effect<typeof Stored.Type, ImageNotFound>
    readonly content: (place: Place) => Effect.Effect<typeof Content.Type, ImageNotFound>
    /** The same for whoever can do without: none where it is gone, or cannot be read. */
    readonly contentIfReadable: (place: Place) => Effect.Effect<Option.Option<typeof Content.Type>>
    /** The last images of these messages, the last first. */
    readonly last: (messages: ReadonlyArray<MessageId>, limit: number) => Effect.Effect<ReadonlyArray<Sized>>
    /** The first image of each of these messages that has one, the newest message first. */
    readonly firsts: (messages: ReadonlyArray<MessageId>) => Effect.Effect<ReadonlyArray<Sized>>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const maybeStored = Sql.first(Stored, "attachments")
const maybeContent = Sql.first(Content, "attachments")
const asContents = Sql.readable(Content, "attachments")
const asSized = Sql.readable(Sized, "attachments")

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const present = <A>(row: Effect.Effect<Option.Option<A>>) =>
    Effect.catchTag(Effect.flatten(row), "NoSuchElementException", () => ImageNotFound.of())

  const contentAt = ({ message_id, position }: Place) => sql`
    SELECT media_type, bytes FROM attachments WHERE message_id = ${message_id} AND position = ${position}`

  return AttachmentRepo.of({
    insert: (message_id, images) => {
      if (images.length === 0) return Effect.void
      const add = (image: Image, position: number) =>
        sql`INSERT INTO attachments ${sql.insert({ message_id, position, ...image, size: image.bytes.length })}`
      return within(Effect.orDie(Effect.forEach(images, add, { discard: true })))
    },

    find: (room, { message_id, position }) =>
      present(
        maybeStored(sql`
          SELECT media_type, key, sha256 FROM attachments JOIN kept_messages AS messages ON messages.id = message_id
          WHERE message_id = ${message_id} AND position = ${position} AND room_id = ${room}`)
      ),

    content: (place) => present(maybeContent(contentAt(place))),

    contentIfReadable: (place) => Effect.map(asContents(contentAt(place)), Array.head),

    last: (messages, limit) =>
      asSized(sql`
        SELECT message_id, position, size FROM attachments WHERE ${sql.in("message_id", messages)}
        ORDER BY message_id DESC, position DESC LIMIT ${limit}`),

    firsts: (messages) =>
      asSized(sql`
        SELECT message_id, position, size FROM attachments
        WHERE position = 0 AND ${sql.in("message_id", messages)} ORDER BY message_id DESC`)
  })
})
