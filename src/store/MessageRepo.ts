import { SqlClient } from "@effect/sql"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { AgentId } from "../domain/Agent.ts"
import type { Image } from "../domain/Image.ts"
import { Message, MessageId, type PageSize } from "../domain/Message.ts"
import { RoomId } from "../domain/RoomId.ts"
import { Flag } from "../domain/Row.ts"
import * as Sql from "./Sql.ts"
import { beginning } from "../lib/text.ts"
import { Commit } from "./WriteQueue.ts"
import * as Columns from "./MessageRepo/Columns.ts"
import { notice, Page, Reply, Row } from "./MessageRepo/Row.ts"

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
    readonly said: (room: RoomId, span: Span, limit: Limit) => Effect.Effect<Heard>
    readonly countSaid: (room: RoomId, span: Span) => Effect.Effect<number>
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

export type NewMessage = Pick<
  Message,
  | "room_id"
  | "agent_id"
  | "agent_name"
  | "agent_display_name"
  | "role"
  | "participant_type"
  | "participant_name"
  | "content"
  | "thinking"
  | "provider"
  | "timestamp"
  | "finish"
> & {
  readonly partial: boolean
  readonly idempotency_key: string | null
  /** Only named here, under the keys that they are stored with. */
  readonly images?: ReadonlyArray<Image>
}

/** From the one after `after` to `horizon`. */
interface Span {
  readonly after: number
  readonly horizon: number
  /** Whose words count beyond the horizon too. */
  readonly own: AgentId | null
  /** Whose words are left out. */
  readonly except: AgentId | null
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

/** The longest name that is told; one that a client sends has at most 100 characters. */
const longestName = 200

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const columnsOf = Columns.make(sql)

  const columns = sql.literal(
    columnsOf({
      agent_name: "messages.agent_name",
      agent_display_name: "agent_display_name",
      content: "content",
      participant_name: "participant_name",
      thinking: "thinking"
    })
  )

  /** No character takes less than a byte. */
  const heardColumns = (bytes: number) =>
    sql.literal(
      columnsOf({
        content: `CASE WHEN octet_length(content) > ${bytes} THEN substr(content, 1, ${bytes}) ELSE content END`,
        agent_name: `substr(messages.agent_name, 1, ${longestName})`,
        agent_display_name: `substr(agent_display_name, 1, ${longestName})`,
        participant_name: `substr(participant_name, 1, ${longestName})`,
        thinking: "NULL"
      })
    )

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

  const within = (room: RoomId, { after, except, horizon, own }: Span) =>
    sql.and([
      sql`room_id = ${room} AND id > ${seenAfter(room, after)} AND coalesce(participant_type, '') <> 'system'`,
      own === null ? sql`id <= ${horizon}` : sql`(id <= ${horizon} OR agent_id = ${own})`,
      ...(except === null ? [] : [sql`coalesce(agent_id, 0) <> ${except}`])
    ])

  /** A key that was used before a clearing is free again, though its message may not be gone yet. */
  const release = ({ idempotency_key, room_id }: NewMessage) =>
    Effect.zipRight(
      Commit,
      idempotency_key === null
        ? Effect.void
        : Effect.orDie(sql`
            DELETE FROM messages WHERE room_id = ${room_id} AND idempotency_key = ${idempotency_key}
              AND id <= (SELECT cleared_messages FROM rooms WHERE id = ${room_id})`)
    )

  return MessageRepo.of({
    insert: (message) =>
      Effect.flatMap(release(message), () =>
        asMessage(sql`INSERT INTO messages ${sql.insert(rowOf(message))} RETURNING ${columns}`)
      ),

    append: (messages) =>
      messages.length === 0
        ? Effect.succeed([])
        : Effect.flatMap(Commit, () =>
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

    byKey: (room, key) =>
      maybeMessage(
        sql`SELECT ${columns} FROM kept_messages AS messages WHERE room_id = ${room} AND idempotency_key = ${key}`
      ),

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
      const sizes = yield* asSizes(sql`
        SELECT id, octet_length(content) AS size FROM messages WHERE ${within(room, span)}
        ORDER BY id DESC LIMIT ${most}`)
      const fitting = sizes.slice(0, Math.max(1, fittingIn(bytes, sizes)))
      const [newest, oldest] = [fitting[0], fitting.at(-1)]
      if (newest === undefined || oldest === undefined) return { messages: [], isWhole: true }
      const found = yield* asHeard(sql`
        SELECT ${heardColumns(bytes)}, octet_length(content) > ${bytes} AS is_cut FROM messages
        WHERE ${within(room, { ...span, after: oldest.id - 1 })} AND id <= ${newest.id} ORDER BY id`)
      const messages = found.map(({ is_cut: isCut, ...message }) =>
        isCut ? { ...message, content: beginning(message.content, bytes), isCut } : { ...message, isCut }
      )
      return { messages, isWhole: messages.length === sizes.length && sizes.length < most }
    }),

    countSaid: (room, span) =>
      Effect.map(asCount(sql`SELECT count(*) AS n FROM messages WHERE ${within(room, span)}`), (row) => row.n),

    replies: (room, after, { characters, limit }) =>
      Effect.map(
        asReplies(sql`
          SELECT id, agent_id, agent_name, agent_display_name, substr(content, 1, ${characters}) AS content FROM messages
          WHERE room_id = ${room} AND id > ${seenAfter(room, after)} AND agent_id IS NOT NULL AND partial = 0
          ORDER BY id DESC LIMIT ${limit}`),
        (newest) => newest.toReversed()
      ),

    newest: (room) =>
      Effect.map(
        asId(sql`SELECT id FROM kept_messages WHERE room_id = ${room} ORDER BY id DESC LIMIT 1`),
        Option.match({ onNone: () => 0, onSome: ({ id }) => id })
      ),

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
