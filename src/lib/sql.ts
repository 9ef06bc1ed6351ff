import { SqlClient, SqlError, Statement } from "@effect/sql"
import { Array, Effect, Option, Predicate, Schema } from "effect"

type Rows<E> = Effect.Effect<ReadonlyArray<unknown>, E>
type Facts<E> = Exclude<E, SqlError.SqlError>

const isFact = <E>(error: E | SqlError.SqlError): error is Facts<E> => !(error instanceof SqlError.SqlError)

const isStatement = (rows: unknown): rows is Statement.Statement<unknown> => Statement.isFragment(rows)

/** In a transaction, whose connection is at hand, a statement needs neither a place in the line nor a span. */
const run = <E>(rows: Rows<E>): Rows<E | SqlError.SqlError> =>
  isStatement(rows)
    ? Effect.flatMap(Effect.serviceOption(SqlClient.TransactionConnection), (transaction) => {
        if (Option.isNone(transaction)) return rows
        const [text, values] = rows.compile()
        return transaction.value[0].execute(text, values, undefined)
      })
    : rows

/** Does what a statement says. A broken database is a defect. */
export const done = (statement: Statement.Statement<unknown>): Effect.Effect<void> =>
  Effect.asVoid(Effect.orDie(run(statement)))

/** All rows of a statement. A broken database, or a row of another shape, is a defect. */
export const all = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknown(Schema.Array(schema))
  return <E>(rows: Rows<E>): Effect.Effect<ReadonlyArray<A>, Facts<E>> =>
    run(rows).pipe(
      Effect.catchAll((error) => (isFact(error) ? Effect.fail(error) : Effect.die(error))),
      Effect.flatMap((found) => Effect.orDie(decode(found)))
    )
}

/** The first row of a statement, if any. */
export const first = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = all(schema)
  return <E>(rows: Rows<E>): Effect.Effect<Option.Option<A>, Facts<E>> =>
    Effect.map(decode(Effect.map(run(rows), Array.take(1))), Array.head)
}

/** The first row of a statement that always has one. */
export const one = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = first(schema)
  return <E>(rows: Rows<E>): Effect.Effect<A, Facts<E>> => Effect.map(decode(rows), Option.getOrThrow)
}

const uniqueCodes = new Set<unknown>(["SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505"])

/** A write that a unique index refused fails with `conflict`: the driver's code tells, never its text. */
export const orConflict =
  <E>(conflict: () => E) =>
  (rows: Rows<SqlError.SqlError>): Rows<E | SqlError.SqlError> =>
    Effect.mapError(run(rows), (error) =>
      Predicate.hasProperty(error.cause, "code") && uniqueCodes.has(error.cause.code) ? conflict() : error
    )
