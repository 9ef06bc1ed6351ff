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
     * Returns when all is indexed that was said before, or after five seconds: after a large import that may take
     * longer. The index stays as it is while the storage takes nothing. What nobody looks for is indexed a few times in
     * a minute: many messages together write a fraction of the pages that each of them would.
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
const patience = "5 seconds"
/** In bytes of text: a slice of long messages would hold up everybody for seconds. */
const sizes = { first: 32_768, largest: 1_000_000 } as const
/** What a message costs beside its text, in bytes of it. */
const base = 100

const asNewest = Sql.one(Schema.Struct({ newest: Schema.NullOr(Schema.Int) }))
const asNext = Sql.one(Schema.Struct({ after: Schema.Int, last: Schema.NullOr(Schema.Int) }))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { prepare } = yield* Statements
  const queue = yield* WriteQueue

  const waiting = prepare<Record<string, never>>(`
    SELECT max(id) AS newest FROM messages WHERE id > (SELECT indexed_to FROM search_progress)`)
  /** Up to which message all are indexed, and those that come next: at least one, and no more than weigh so much. */
  const next = prepare<{ readonly size: number }>(`
    SELECT (SELECT indexed_to FROM search_progress) AS after, max(id) AS last FROM (
      SELECT id, sum(weight) OVER (ORDER BY id) AS total, weight FROM (
        SELECT id, ${base} + octet_length(content) AS weight FROM messages
        WHERE id > (SELECT indexed_to FROM search_progress) ORDER BY id LIMIT CAST(1 + @size / ${base} AS INTEGER)))
    WHERE total = weight OR total <= @size`)
  const add = prepare<{ readonly after: number; readonly last: number }>(`
    INSERT INTO messages_search (rowid, content) SELECT id, content FROM messages WHERE id > @after AND id <= @last`)
  const note = prepare<{ readonly last: number }>("UPDATE search_progress SET indexed_to = @last")

  const stepTo = (newest: number) =>
    Effect.fnUntraced(function* (size: number) {
      const { after, last } = yield* asNext(next({ size }))
      if (last === null) return false
      yield* within(add({ after, last }))
      yield* note({ last })
      return last < newest
    })

  // What is said from here on is for the next who asks: while many write there is no end of it.
  const complete = Effect.flatMap(asNewest(waiting({})), ({ newest }) =>
    newest === null ? Effect.void : Effect.ignore(inSlices(queue, { ...sizes, step: stepTo(newest) }))
  )
  // Elsewhere the messages themselves are looked through.
  const shared = coalesced(sql.onDialectOrElse({ sqlite: () => complete, orElse: () => Effect.void }))

  yield* shared.pipe(
    Effect.catchAllCause((cause) => broke("housekeeping", "messages could not be indexed", cause)),
    Effect.schedule(Schedule.spaced(spacing)),
    Effect.withTracerEnabled(false),
    Effect.forkScoped
  )

  return SearchIndex.of({ complete: Effect.asVoid(Effect.timeoutOption(shared, patience)) })
})
