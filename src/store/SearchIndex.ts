import { SqlClient } from "@effect/sql"
import { Context, Effect, Layer, Schedule, Schema } from "effect"
import { coalesced } from "../lib/coalesced.ts"
import { broke } from "../lib/broke.ts"
import * as Sql from "./Sql.ts"
import { inSlices } from "./Slices.ts"
import { Statements } from "./Statements.ts"
import { within, WriteQueue } from "./WriteQueue.ts"

export class SearchIndex extends Context.Tag("parley/store/SearchIndex")<
  SearchIndex,
  {
    /**
     * Returns when all is indexed that was said before; the index stays as it is while the storage takes nothing. What
     * nobody looks for is indexed a few times in a minute: many messages together write a fraction of the pages that
     * each of them would.
     */
    readonly complete: Effect.Effect<void>
  }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

const spacing = "10 seconds"
const sizes = { first: 256, largest: 4096 } as const

const asNext = Sql.one(Schema.Struct({ after: Schema.Int, last: Schema.NullOr(Schema.Int), count: Schema.Int }))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { prepare } = yield* Statements
  const queue = yield* WriteQueue

  /** Up to which message all are indexed, and those that come next. */
  const next = prepare<{ readonly size: number }>(`
    SELECT (SELECT indexed_to FROM search_progress) AS after, max(id) AS last, count(*) AS count FROM (
      SELECT id FROM messages WHERE id > (SELECT indexed_to FROM search_progress) ORDER BY id LIMIT @size)`)
  const add = prepare<{ readonly after: number; readonly last: number }>(`
    INSERT INTO messages_search (rowid, content) SELECT id, content FROM messages WHERE id > @after AND id <= @last`)
  const note = prepare<{ readonly last: number }>("UPDATE search_progress SET indexed_to = @last")

  const step = Effect.fnUntraced(function* (size: number) {
    const { after, count, last } = yield* asNext(next({ size }))
    if (last === null) return false
    yield* within(add({ after, last }))
    yield* note({ last })
    return count === size
  })

  const complete = Effect.flatMap(asNext(next({ size: 1 })), ({ last }) =>
    last === null ? Effect.void : Effect.ignore(inSlices(queue, { ...sizes, step }))
  )
  // Elsewhere the messages themselves are looked through.
  const shared = coalesced(sql.onDialectOrElse({ sqlite: () => complete, orElse: () => Effect.void }))

  yield* shared.pipe(
    Effect.catchAllCause((cause) => broke("housekeeping", "messages could not be indexed", cause)),
    Effect.schedule(Schedule.spaced(spacing)),
    Effect.withTracerEnabled(false),
    Effect.forkScoped
  )

  return SearchIndex.of({ complete: shared })
})
