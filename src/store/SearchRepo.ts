import { SqlClient } from "@effect/sql"
import { Array, Context, Effect, Layer, Schema } from "effect"
import { MessageId } from "../domain/Message.ts"
import type { RoomId } from "../domain/RoomId.ts"
import * as Sql from "./Sql.ts"

export interface Sought {
  /** Longest first. */
  readonly words: ReadonlyArray<string>
  /** Null looks in all rooms of the owner; no owner means every room. */
  readonly room: RoomId | null
  readonly owner: string | null
  readonly before: number
  readonly limit: number
}

export class SearchRepo extends Context.Tag("parley/store/SearchRepo")<
  SearchRepo,
  {
    /**
     * The newest messages that hold every word, notices left out. Looks at no more than so many candidates: messages
     * that hold the long words, or all where there is none.
     */
    readonly find: (sought: Sought) => Effect.Effect<{
      readonly ids: ReadonlyArray<MessageId>
      /** The oldest candidate, when there may be more beyond it. */
      readonly edge: MessageId | null
    }>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const candidates = 5000
/** Of fewer characters the index knows nothing. */
const indexed = 3

const asIds = Sql.all(Schema.Struct({ id: MessageId }))
const asEdge = Sql.one(Schema.Struct({ id: Schema.NullOr(MessageId), n: Schema.Int }))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const all = ({ before, room }: Sought) => sql`
    SELECT id FROM messages WHERE ${room === null ? sql`id < ${before}` : sql`room_id = ${room} AND id < ${before}`}
    ORDER BY id DESC LIMIT ${candidates}`

  // Quoted, nothing in a word is syntax.
  const phrase = (word: string) => `"${word.replaceAll('"', '""')}"`

  const matching = (words: ReadonlyArray<string>, { before }: Sought) => sql`
    SELECT rowid AS id FROM messages_search
    WHERE messages_search MATCH ${words.map(phrase).join(" AND ")} AND rowid < ${before}
    ORDER BY rowid DESC LIMIT ${candidates}`

  /** What to look at, and the words that are still to be looked for there. */
  const narrowed = (sought: Sought) =>
    sql.onDialectOrElse({
      sqlite: () => {
        const [short, long] = Array.partition(sought.words, (word) => [...word].length >= indexed)
        return { looked: long.length === 0 ? all(sought) : matching(long, sought), words: short }
      },
      orElse: () => ({ looked: all(sought), words: sought.words })
    })

  const holds = (word: string) => {
    const pattern = `%${word.replaceAll(/[\\%_]/g, "\\$&")}%`
    return sql.onDialectOrElse({
      pg: () => sql`content ILIKE ${pattern} ESCAPE '\\'`,
      orElse: () => sql`content LIKE ${pattern} ESCAPE '\\'`
    })
  }

  const within = ({ owner, room }: Sought) => {
    if (room !== null) return [sql`room_id = ${room}`]
    return owner === null ? [] : [sql`room_id IN (SELECT id FROM rooms WHERE owner_id = ${owner})`]
  }

  const page = (sought: Sought) => {
    const { looked, words } = narrowed(sought)
    // In this order: the candidates are the few.
    return asIds(sql`
      WITH looked AS (${looked})
      SELECT messages.id FROM looked CROSS JOIN kept_messages AS messages
      WHERE ${sql.and([
        sql`messages.id = looked.id AND coalesce(participant_type, '') <> 'system'`,
        ...within(sought),
        ...words.map(holds)
      ])}
      ORDER BY looked.id DESC LIMIT ${sought.limit}`)
  }

  const edgeOf = (sought: Sought) =>
    Effect.map(
      asEdge(sql`WITH looked AS (${narrowed(sought).looked}) SELECT min(id) AS id, count(*) AS n FROM looked`),
      ({ id, n }) => (n < candidates ? null : id)
    )

  return SearchRepo.of({
    find: Effect.fn("SearchRepo.find")(function* (sought) {
      const ids = (yield* page(sought)).map(({ id }) => id)
      const edge = ids.length === sought.limit ? (ids.at(-1) ?? null) : yield* edgeOf(sought)
      return { ids, edge }
    })
  })
})
