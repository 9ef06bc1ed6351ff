import type { AgentId } from "../../domain/Agent.ts"
import type { RoomId } from "../../domain/RoomId.ts"
import type { NewMessage } from "./NewMessage.ts"
import { columnsOf, insertInto, type Statements, type Values } from "../Statements.ts"
import type * as Columns from "./Columns.ts"

/** From the one after `after` to `horizon`. */
export interface Span {
  readonly after: number
  readonly horizon: number
  /** Whose words count beyond the horizon too. */
  readonly own: AgentId | null
  /** Whose words are left out. */
  readonly except: AgentId | null
}

/** A message as its table takes it: the names of its images in JSON. */
export type NewRow = Omit<NewMessage, "images" | "partial"> & {
  readonly images: string | null
  readonly partial: number
}

type InRoom = Values & { readonly room: RoomId }
type Spanned = InRoom & { readonly [Name in keyof Span]: Span[Name] }

/** The longest name that is told; one that a client sends has at most 100 characters. */
const longestName = 200

const named = columnsOf<NewRow>({
  room_id: true,
  agent_id: true,
  agent_name: true,
  agent_display_name: true,
  role: true,
  participant_type: true,
  participant_name: true,
  content: true,
  thinking: true,
  provider: true,
  partial: true,
  finish: true,
  idempotency_key: true,
  images: true,
  timestamp: true
})

/** As `Sql.seenAfter`. */
const seen = `(
  SELECT CASE WHEN cleared_messages > @after THEN cleared_messages ELSE @after END
  FROM rooms WHERE id = @room AND state = 'open'
)`

const isWithin = ({ except, own }: Span) =>
  [
    `room_id = @room AND id > ${seen} AND coalesce(participant_type, '') <> 'system'`,
    own === null ? "id <= @horizon" : "(id <= @horizon OR agent_id = @own)",
    ...(except === null ? [] : ["coalesce(agent_id, 0) <> @except"])
  ].join(" AND ")

/** What every post and every turn asks of the messages. */
export const make = (
  prepare: Statements["Type"]["prepare"],
  columnsFor: ReturnType<typeof Columns.make>,
  columns: string
) => {
  /** One statement for each kind of span. */
  const each = <V extends Spanned>(textOf: (span: Span) => string) => {
    const known = new Map<string, (values: V) => ReturnType<ReturnType<typeof prepare<V>>>>()
    return (span: Span) => {
      const kind = `${span.own === null} ${span.except === null}`
      const found = known.get(kind) ?? prepare<V>(textOf(span))
      known.set(kind, found)
      return found
    }
  }

  // No character takes less than a byte.
  const heard = columnsFor({
    content: "CASE WHEN octet_length(content) > @bytes THEN substr(content, 1, @bytes) ELSE content END",
    agent_name: `substr(messages.agent_name, 1, ${longestName})`,
    agent_display_name: `substr(agent_display_name, 1, ${longestName})`,
    participant_name: `substr(participant_name, 1, ${longestName})`,
    thinking: "NULL"
  })

  return {
    insert: prepare<NewRow & Values>(`${insertInto("messages", named)} RETURNING ${columns}`),
    release: prepare<InRoom & { readonly key: string }>(`
      DELETE FROM messages WHERE room_id = @room AND idempotency_key = @key
        AND id <= (SELECT cleared_messages FROM rooms WHERE id = @room)`),
    byKey: prepare<InRoom & { readonly key: string }>(
      `SELECT ${columns} FROM kept_messages AS messages WHERE room_id = @room AND idempotency_key = @key`
    ),
    sizes: each<Spanned & { readonly most: number }>(
      (span) => `
      SELECT id, octet_length(content) AS size FROM messages WHERE ${isWithin(span)} ORDER BY id DESC LIMIT @most`
    ),
    said: each<Spanned & { readonly newest: number; readonly bytes: number }>(
      (span) => `
      SELECT ${heard}, octet_length(content) > @bytes AS is_cut FROM messages
      WHERE ${isWithin(span)} AND id <= @newest ORDER BY id`
    ),
    count: each<Spanned>((span) => `SELECT count(*) AS n FROM messages WHERE ${isWithin(span)}`),
    replies: prepare<InRoom & { readonly after: number; readonly characters: number; readonly limit: number }>(`
      SELECT id, agent_id, agent_name, agent_display_name, substr(content, 1, @characters) AS content FROM messages
      WHERE room_id = @room AND id > ${seen} AND agent_id IS NOT NULL AND partial = 0
      ORDER BY id DESC LIMIT @limit`),
    newest: prepare<InRoom>("SELECT id FROM kept_messages WHERE room_id = @room ORDER BY id DESC LIMIT 1")
  }
}
