import { type SqlClient, SqlError, type Statement } from "@effect/sql"
import { Array, Effect, Either, Option, ParseResult, Predicate, Schema } from "effect"
import * as Plain from "./Sql/Plain.ts"
import { type Table, Unreadable, unreadable } from "../lib/unreadable.ts"

type Rows<E> = Effect.Effect<ReadonlyArray<unknown>, E>
type Facts<E> = Exclude<E, SqlError.SqlError>

const isFact = <E>(error: E | SqlError.SqlError): error is Facts<E> => !(error instanceof SqlError.SqlError)

const orDie = <A, E>(rows: Effect.Effect<A, E>): Effect.Effect<A, Facts<E>> =>
  Effect.catchAll(rows, (error) => (isFact(error) ? Effect.fail(error) : Effect.die(error)))

/** The places of a row that have not their shape; never what stands there. */
const placesOf = ({ issue }: ParseResult.ParseError) =>
  Array.dedupe(ParseResult.ArrayFormatter.formatIssueSync(issue).map(({ path }) => path.join(".")))

const Numbered = Schema.decodeUnknownOption(Schema.Struct({ id: Schema.Int }))

const eachOf = <A, I>(schema: Schema.Schema<A, I>, table: Table) => {
  const plain = Plain.rowOf(schema)
  const decode = Schema.decodeUnknownEither(schema)
  return (row: unknown) => {
    const read = plain(row)
    if (Option.isSome(read)) return Either.right(read.value)
    return Either.mapLeft(decode(row), (error) => {
      const id = Option.getOrNull(Option.map(Numbered(row), (it) => it.id))
      return new Unreadable({ table, id, places: placesOf(error) })
    })
  }
}

/** What cannot be read is counted, told to the log, and a defect. */
const broken = (error: Unreadable) => Effect.zipRight(unreadable(error), Effect.die(error))

/** All rows of a statement. A broken database is a defect, and so is a row of another shape: `Unreadable`. */
export const all = <A, I>(schema: Schema.Schema<A, I>, table: Table = "other") => {
  const each = eachOf(schema, table)
  return <E>(rows: Rows<E>): Effect.Effect<ReadonlyArray<A>, Facts<E>> =>
    Effect.flatMap(orDie(rows), (found) => {
      const [unread, read] = Array.separate(found.map(each))
      const [first] = unread
      return first === undefined ? Effect.succeed(read) : broken(first)
    })
}

/**
 * The rows of a statement that can be read; the others are counted, told to the log, and left out or replaced by what
 * `instead` makes of them.
 */
export const readable = <A, I>(
  schema: Schema.Schema<A, I>,
  table: Table,
  instead: (row: unknown) => Option.Option<A> = Option.none
) => {
  const each = eachOf(schema, table)
  return <E>(rows: Rows<E>): Effect.Effect<ReadonlyArray<A>, Facts<E>> =>
    Effect.flatMap(orDie(rows), (found) => {
      const decoded = found.map(each)
      const read = Array.zip(found, decoded).flatMap(([row, it]) =>
        Option.toArray(
          Either.match(it, {
            onRight: Option.some,
            onLeft: () => instead(row)
          })
        )
      )
      return Effect.as(Effect.forEach(Array.getLefts(decoded), unreadable, { discard: true }), read)
    })
}

/** The first row of a statement, if any. */
export const first = <A, I>(schema: Schema.Schema<A, I>, table: Table = "other") => {
  const each = eachOf(schema, table)
  return <E>(rows: Rows<E>): Effect.Effect<Option.Option<A>, Facts<E>> =>
    Effect.flatMap(orDie(rows), (found): Effect.Effect<Option.Option<A>> => {
      if (found.length === 0) return Effect.succeedNone
      const read = each(found[0])
      return Either.isRight(read) ? Effect.succeedSome(read.right) : broken(read.left)
    })
}

/** The first row of a statement that always has one. */
export const one = <A, I>(schema: Schema.Schema<A, I>, table: Table = "other") => {
  const decode = first(schema, table)
  return <E>(rows: Rows<E>): Effect.Effect<A, Facts<E>> => Effect.map(decode(rows), Option.getOrThrow)
}

const uniqueCodes = new Set<unknown>(["SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505"])

/** A write that a unique index refused fails with `conflict`: the driver's code tells, never its text. */
export const orConflict =
  <E>(conflict: () => E) =>
  (rows: Rows<SqlError.SqlError>): Rows<E | SqlError.SqlError> =>
    Effect.mapError(rows, (error) =>
      Predicate.hasProperty(error.cause, "code") && uniqueCodes.has(error.cause.code) ? conflict() : error
    )

/**
 * The id after which rows of a room are seen: `after`, or a later one up to which they are cleared; null for a room
 * that is hidden. One bound, for an index is entered by no more than one: the views of what is kept have their own
 * already.
 */
export const seenAfter = (
  sql: SqlClient.SqlClient,
  cleared: "cleared_messages" | "cleared_critiques" | "cleared_events",
  room: number,
  after: number
) => {
  const mark = sql.literal(cleared)
  return sql`(
    SELECT CASE WHEN ${mark} > ${after} THEN ${mark} ELSE ${after} END FROM rooms WHERE id = ${room} AND state = 'open'
  )`
}

const most = 1_000_000_000_000

/** A count as it may be added up: 0 where the cell holds none, or one that no turn can have. */
export const counts = (column: string) =>
  `CASE WHEN ${column} BETWEEN 0 AND ${most} THEN CAST(${column} AS BIGINT) ELSE 0 END`

/** The same of a price. */
export const prices = (column: string) => `CASE WHEN ${column} BETWEEN 0 AND ${most} THEN ${column} ELSE 0 END`

interface Keyset {
  /** What the list is sorted by, all in one direction; the last of it is unique. */
  readonly order: ReadonlyArray<string>
  readonly direction: "ASC" | "DESC"
  /** Where a cursor's row is found. */
  readonly row: (id: number) => Statement.Fragment
  readonly after?: number | undefined
  readonly before?: number | undefined
}

/**
 * Conditions and order for the page after a row of a sorted list, or else before one; then it is read backwards. With
 * an index over the order, no row is read that is not part of it.
 */
export const keyset = (sql: SqlClient.SqlClient, { after, before, direction, order, row }: Keyset) => {
  const [first = ""] = order
  const isBackwards = after === undefined && before !== undefined
  const all = order.join(", ")
  // An index is not entered by a row value alone.
  const beyond = (comparison: string, id: number) => sql`
    ${sql.literal(`${first} ${comparison}=`)} (SELECT ${sql.literal(first)} ${row(id)})
    AND ${sql.literal(`(${all}) ${comparison}`)} (SELECT ${sql.literal(all)} ${row(id)})`
  const [forth, back] = direction === "ASC" ? [">", "<"] : ["<", ">"]
  const way = (direction === "ASC") === isBackwards ? "DESC" : "ASC"
  return {
    isBackwards,
    bounds: [
      ...(after === undefined ? [] : [beyond(forth, after)]),
      ...(before === undefined ? [] : [beyond(back, before)])
    ],
    by: sql.literal(order.map((column) => `${column} ${way}`).join(", "))
  }
}
