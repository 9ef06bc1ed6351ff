import { SqlClient } from "@effect/sql"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { Message, MessageId, type PageSize } from "../domain/Message.ts"
import { RoomId } from "../domain/RoomId.ts"
import { Flag } from "../domain/Row.ts"
import * as Sql from "./Sql.ts"
import { beginning } from "../lib/text.ts"
import { Statements } from "./Statements.ts"
import { type Commit, within } from "./WriteQueue.ts"
import * as Hot from "./MessageRepo/Hot.ts"
import type { NewMessage } from "./MessageRepo/NewMessage.ts"
import * as Columns from "./MessageRepo/Columns.ts"
import { notice, Page, Reply, Row } from "./MessageRepo/Row.ts"

export type { NewMessage } from "./MessageRepo/NewMessage.ts"

export class MessageRepo extends Context.Tag("parley/store/MessageRepo")<
  MessageRepo,
  {
    readonly insert: (message: NewMessage) => Effect.Effect<Message, never, Commit>
    /**
     * Newest first; those that are gone are left out, and a notice stands for one that cannot be read, as in `page`.
     */
    readonly these: (ids: ReadonlyArray<MessageId>) => Effect.Effect<ReadonlyArray<Message>>
    /** Many at once, in their order; their images are only named, as in `insert`. */
    readonly append: (messages: ReadonlyArray<NewMessage>) => Effect.Effect<ReadonlyArray<MessageId>, never, Commit>
    /** What was stored under a client's key in this room. */
    readonly byKey: (room: RoomId, key: string) => Effect.Effect<Option.Option<Message>>
    /** Oldest first: after a cursor the oldest page, else the newest page before one. */
    readonly page: (room: RoomId, window: Window) => Effect.Effect<Page>
    /**
     * The newest messages of a span that fit, oldest first, without notices and thinking. Of a single one that does not
     * fit its beginning is given. What is left out is not read.
     */
    readonly said: (room: RoomId, span: Hot.Span, limit: Limit) => Effect.Effect<Heard>
    readonly countSaid: (room: RoomId, span: Hot.Span) => Effect.Effect<number>
    /** The newest `limit` whole replies of agents after a message, oldest first; their beginnings, if they are long. */
    readonly replies: (
      room: RoomId,
      after: number,
      most: { readonly limit: number; readonly characters: number }
    ) => Effect.Effect<ReadonlyArray<Reply>>
    /** The id of the newest message; 0 where there is none. */
    readonly newest: (room: RoomId) => Effect.Effect<number>
    readonly hasAny: (room: RoomId) => Effect.Effect<boolean>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

/** How much of what was said is read at most. */
export interface Limit {
  readonly messages: number
  readonly bytes: number
}

export interface Said extends Message {
  /** Only the beginning of the message is here. */
  readonly isCut: boolean
}

interface Heard {
  readonly messages: ReadonlyArray<Said>
  /** Nothing of the span is missing before them. */
  readonly isWhole: boolean
}

export interface Window {
  readonly limit: PageSize
  readonly after: Option.Option<number>
  readonly before: Option.Option<number>
}

const asMessages = Sql.readable(Row, "messages", notice)
const asMessage = Sql.one(Row, "messages")
const maybeMessage = Sql.first(Row, "messages")
const encodePage = Schema.encodeSync(Schema.parseJson(Schema.Array(Message)))
const encodeKeys = Schema.encodeSync(
  Schema.parseJson(Schema.Array(Schema.Struct({ key: Schema.String, media_type: Schema.String })))
)

const asPage = Sql.one(Page)
const asCount = Sql.one(Schema.Struct({ n: Schema.Int }))
const asReplies = Sql.readable(Reply, "messages")
const asSizes = Sql.readable(Schema.Struct({ id: MessageId, size: Schema.Int }), "messages")
const asHeard = Sql.readable(Schema.Struct({ ...Row.fields, is_cut: Flag }), "messages")
const asIds = Sql.all(Schema.Struct({ id: MessageId }))
const asId = Sql.first(Schema.Struct({ id: Schema.Int }))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { prepare } = yield* Statements

  const columnsOf = Columns.make(sql)

  const whole = columnsOf({
    agent_name: "messages.agent_name",
    agent_display_name: "agent_display_name",
    content: "content",
    participant_name: "participant_name",
    thinking: "thinking"
  })
  const columns = sql.literal(whole)

  const asJson = sql.onDialectOrElse({
    orElse: () =>
      sql.literal(`coalesce(json_group_array(json_object(
        'id', id, 'room_id', room_id, 'agent_id', agent_id, 'agent_name', agent_name,
        'agent_display_name', agent_display_name, 'agent_profile_pic', agent_profile_pic, 'content', content, 'role', role,
        'participant_type', participant_type, 'participant_name', participant_name,
        'image_data', image_data, 'image_media_type', image_media_type, 'images', json(images),
        'anthropic_calls', anthropic_calls, 'excuse_reasons', excuse_reasons, 'thinking', thinking,
        'provider', provider, 'partial', json(iif(partial, 'true', 'false')),
        'finish', finish, 'timestamp', timestamp)), '[]')`)
  })

  const seenAfter = (room: RoomId, after: number) => Sql.seenAfter(sql, "cleared_messages", room, after)

  const hot = Hot.make(prepare, columnsOf, whole)

  return MessageRepo.of({
    insert: (message) => {
      const { idempotency_key: key, room_id: room } = message
      const stored = asMessage(hot.insert(rowOf(message)))
      // A key that was used before a clearing is free again, though its message may not be gone yet.
      return within(key === null ? stored : Effect.zipRight(hot.release({ room, key }), stored))
    },

    append: (messages) =>
      messages.length === 0
        ? Effect.succeed([])
        : within(
            Effect.map(
              asIds(sql`INSERT INTO messages ${sql.insert(messages.map(rowOf))} RETURNING id`),
              // The rows of one statement get growing ids; in which order it gives them back is its own affair.
              (rows) => rows.map(({ id }) => id).toSorted((one, other) => one - other)
            )
          ),

    these: (ids) =>
      ids.length === 0
        ? Effect.succeed([])
        : asMessages(sql`SELECT ${columns} FROM kept_messages AS messages WHERE ${sql.in("id", ids)} ORDER BY id DESC`),

    byKey: (room, key) => maybeMessage(hot.byKey({ room, key })),

    page: (room, { after, before, limit }) => {
      const end = Option.match(before, { onNone: () => [], onSome: (id) => [sql`id < ${id}`] })
      // The index finds where the newest page begins, so that nothing is ever sorted.
      const start = Option.match(after, {
        onNone: () => sql`id > coalesce((
          SELECT id - 1 FROM kept_messages WHERE ${sql.and([sql`room_id = ${room}`, ...end])}
          ORDER BY id DESC LIMIT 1 OFFSET ${limit - 1}), ${seenAfter(room, 0)})`,
        onSome: (id) => sql`id > ${seenAfter(room, id)}`
      })
      const rows = sql`
        SELECT ${columns} FROM messages WHERE ${sql.and([sql`room_id = ${room}`, start, ...end])}
        ORDER BY id LIMIT ${limit}`
      const whole = sql`
        SELECT ${asJson} AS json, coalesce(max(images IS NOT NULL), 0) AS is_pictured FROM (${rows}) AS paged`
      // One row that is no JSON breaks the statement; then each is read by itself.
      return asPage(
        Effect.catchTag(whole, "SqlError", () =>
          Effect.map(asMessages(rows), (page) => [
            { json: encodePage(page), is_pictured: page.some(({ images }) => images !== null) }
          ])
        )
      )
    },

    said: Effect.fnUntraced(function* (room, span, { bytes, messages: most }) {
      const sizes = yield* asSizes(hot.sizes(span)({ room, ...span, most }))
      const fitting = sizes.slice(0, Math.max(1, fittingIn(bytes, sizes)))
      const [newest, oldest] = [fitting[0], fitting.at(-1)]
      if (newest === undefined || oldest === undefined) return { messages: [], isWhole: true }
      const found = yield* asHeard(hot.said(span)({ room, ...span, after: oldest.id - 1, newest: newest.id, bytes }))
      const messages = found.map(({ is_cut: isCut, ...message }) =>
        isCut ? { ...message, content: beginning(message.content, bytes), isCut } : { ...message, isCut }
      )
      return { messages, isWhole: messages.length === sizes.length && sizes.length < most }
    }),

    countSaid: (room, span) => Effect.map(asCount(hot.count(span)({ room, ...span })), (row) => row.n),

    replies: (room, after, { characters, limit }) =>
      Effect.map(asReplies(hot.replies({ room, after, characters, limit })), (newest) => newest.toReversed()),

    newest: (room) => Effect.map(asId(hot.newest({ room })), Option.match({ onNone: () => 0, onSome: ({ id }) => id })),

    hasAny: (room) => Effect.map(asId(sql`SELECT id FROM kept_messages WHERE room_id = ${room} LIMIT 1`), Option.isSome)
  })
})

/** How many of the first fit together. */
const fittingIn = (bytes: number, sizes: ReadonlyArray<{ readonly size: number }>) => {
  let left = bytes
  const end = sizes.findIndex(({ size }) => (left -= size) < 0)
  return end === -1 ? sizes.length : end
}

const rowOf = ({ images = [], partial, ...message }: NewMessage) => ({
  ...message,
  images: images.length === 0 ? null : encodeKeys(images),
  partial: Number(partial)
})
