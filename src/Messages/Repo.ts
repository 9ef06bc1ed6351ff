import { SqlClient } from "@effect/sql"
import { Context, Effect, Layer, Option, Schema } from "effect"
import { AgentId } from "../domain/Agent.ts"
import { type Image, ImageLink } from "../domain/Image.ts"
import { Message, MessageId, type PageSize } from "../domain/Message.ts"
import type { RoomId } from "../domain/RoomId.ts"
import { Flag } from "../domain/Row.ts"
import * as Sql from "../lib/sql.ts"
import { Commit } from "../WriteQueue.ts"

export class MessageRepo extends Context.Tag("parley/Messages/Repo/MessageRepo")<
  MessageRepo,
  {
    readonly insert: (message: NewMessage) => Effect.Effect<Message, never, Commit>
    /** Newest first; those that are gone are left out. */
    readonly these: (ids: ReadonlyArray<MessageId>) => Effect.Effect<ReadonlyArray<Message>>
    /** Many at once, in their order; their images are only named, as in `insert`. */
    readonly append: (messages: ReadonlyArray<NewMessage>) => Effect.Effect<ReadonlyArray<MessageId>, never, Commit>
    /** What was stored under a client's key in this room. */
    readonly byKey: (room: RoomId, key: string) => Effect.Effect<Option.Option<Message>>
    /** Oldest first: after a cursor the oldest page, else the newest page before one. */
    readonly page: (room: RoomId, window: Window) => Effect.Effect<Page>
    /** The newest `limit` messages of a span, oldest first, without notices. */
    readonly said: (room: RoomId, span: Span, limit: number) => Effect.Effect<ReadonlyArray<Message>>
    readonly countSaid: (room: RoomId, span: Span) => Effect.Effect<number>
    /** The newest `limit` whole replies of agents after a message, oldest first. */
    readonly replies: (room: RoomId, after: number, limit: number) => Effect.Effect<ReadonlyArray<Reply>>
    /** The id of the newest message; 0 where there is none. */
    readonly newest: (room: RoomId) => Effect.Effect<number>
    readonly hasAny: (room: RoomId) => Effect.Effect<boolean>
    readonly clear: (room: RoomId) => Effect.Effect<void, never, Commit>
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
  | "role"
  | "participant_type"
  | "participant_name"
  | "content"
  | "thinking"
  | "provider"
  | "timestamp"
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

const Reply = Schema.Struct({ agent_id: AgentId, agent_name: Schema.String, content: Schema.String })
type Reply = typeof Reply.Type

export interface Window {
  readonly limit: PageSize
  readonly after: Option.Option<number>
  readonly before: Option.Option<number>
}

const Page = Schema.Struct({
  /** The messages as JSON text. */
  json: Schema.String,
  /** Whether any of them has images. */
  is_pictured: Flag
})
type Page = typeof Page.Type

const Row = Schema.Struct({ ...Message.fields, images: Schema.NullOr(Schema.parseJson(Schema.Array(ImageLink))) })

const asMessages = Sql.all(Row)
const asMessage = Sql.one(Row)
const maybeMessage = Sql.first(Row)
const encodeKeys = Schema.encodeSync(
  Schema.parseJson(Schema.Array(Schema.Struct({ key: Schema.String, media_type: Schema.String })))
)

const asPage = Sql.one(Page)
const asCount = Sql.one(Schema.Struct({ n: Schema.Int }))
const asReplies = Sql.all(Reply)
const asIds = Sql.all(Schema.Struct({ id: MessageId }))
const asId = Sql.first(Schema.Struct({ id: Schema.Int }))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  // A message names its images itself, so that one without any is read without a look at them.
  const images = sql.onDialectOrElse({
    orElse: () => `CASE WHEN messages.images IS NULL THEN NULL ELSE (
      SELECT json_group_array(json_object(
        'url', '/rooms/' || room_id || '/messages/' || messages.id || '/images/' || image.key
          || '?key=' || json_extract(image.value, '$.key'),
        'media_type', json_extract(image.value, '$.media_type')))
      FROM json_each(messages.images) AS image) END`
  })

  const columns = sql.literal(`
    messages.id, messages.room_id, messages.agent_id, messages.agent_name, content, role, participant_type,
    participant_name, NULL AS image_data, NULL AS image_media_type, ${images} AS images, NULL AS anthropic_calls,
    NULL AS excuse_reasons, thinking, messages.provider, partial, timestamp,
    (SELECT profile_pic FROM agents WHERE agents.id = messages.agent_id) AS agent_profile_pic`)

  const asJson = sql.onDialectOrElse({
    orElse: () =>
      sql.literal(`coalesce(json_group_array(json_object(
        'id', id, 'room_id', room_id, 'agent_id', agent_id, 'agent_name', agent_name,
        'agent_profile_pic', agent_profile_pic, 'content', content, 'role', role,
        'participant_type', participant_type, 'participant_name', participant_name,
        'image_data', image_data, 'image_media_type', image_media_type, 'images', json(images),
        'anthropic_calls', anthropic_calls, 'excuse_reasons', excuse_reasons, 'thinking', thinking,
        'provider', provider, 'partial', json(iif(partial, 'true', 'false')), 'timestamp', timestamp)), '[]')`)
  })

  const within = (room: RoomId, { after, except, horizon, own }: Span) =>
    sql.and([
      sql`room_id = ${room} AND id > ${after} AND coalesce(participant_type, '') <> 'system'`,
      own === null ? sql`id <= ${horizon}` : sql`(id <= ${horizon} OR agent_id = ${own})`,
      ...(except === null ? [] : [sql`coalesce(agent_id, 0) <> ${except}`])
    ])

  return MessageRepo.of({
    insert: (message) =>
      Effect.flatMap(Commit, () =>
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
        : asMessages(sql`SELECT ${columns} FROM messages WHERE ${sql.in("id", ids)} ORDER BY id DESC`),

    byKey: (room, key) =>
      maybeMessage(sql`SELECT ${columns} FROM messages WHERE room_id = ${room} AND idempotency_key = ${key}`),

    page: (room, { after, before, limit }) => {
      const end = Option.match(before, { onNone: () => [], onSome: (id) => [sql`id < ${id}`] })
      // The index finds where the newest page begins, so that nothing is ever sorted.
      const start = Option.match(after, {
        onNone: () => sql`id >= coalesce((
          SELECT id FROM messages WHERE ${sql.and([sql`room_id = ${room}`, ...end])}
          ORDER BY id DESC LIMIT 1 OFFSET ${limit - 1}), 0)`,
        onSome: (id) => sql`id > ${id}`
      })
      return asPage(sql`
        SELECT ${asJson} AS json, coalesce(max(images IS NOT NULL), 0) AS is_pictured FROM (
          SELECT ${columns} FROM messages WHERE ${sql.and([sql`room_id = ${room}`, start, ...end])}
          ORDER BY id LIMIT ${limit}
        ) AS paged`)
    },

    said: (room, span, limit) =>
      Effect.map(
        asMessages(sql`SELECT ${columns} FROM messages WHERE ${within(room, span)} ORDER BY id DESC LIMIT ${limit}`),
        (newest) => newest.toReversed()
      ),

    countSaid: (room, span) =>
      Effect.map(asCount(sql`SELECT count(*) AS n FROM messages WHERE ${within(room, span)}`), (row) => row.n),

    replies: (room, after, limit) =>
      Effect.map(
        asReplies(sql`
          SELECT agent_id, agent_name, content FROM messages
          WHERE room_id = ${room} AND id > ${after} AND agent_id IS NOT NULL AND partial = 0
          ORDER BY id DESC LIMIT ${limit}`),
        (newest) => newest.toReversed()
      ),

    newest: (room) =>
      Effect.map(
        asId(sql`SELECT id FROM messages WHERE room_id = ${room} ORDER BY id DESC LIMIT 1`),
        Option.match({ onNone: () => 0, onSome: ({ id }) => id })
      ),

    hasAny: (room) => Effect.map(asId(sql`SELECT id FROM messages WHERE room_id = ${room} LIMIT 1`), Option.isSome),

    clear: (room) => Effect.zipRight(Commit, Effect.orDie(sql`DELETE FROM messages WHERE room_id = ${room}`))
  })
})

const rowOf = ({ images = [], partial, ...message }: NewMessage) => ({
  ...message,
  images: images.length === 0 ? null : encodeKeys(images),
  partial: Number(partial)
})
