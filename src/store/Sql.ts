import { type SqlClient, SqlError, type Statement } from "@effect/sql"
import { Array, Cause, Effect, Either, Option, ParseResult, Predicate, Schema } from "effect"
import * as Plain from "./Sql/Plain.ts"
import { inOrder } from "../lib/together.ts"
import { type Table, Unreadable, unreadable } from "../lib/unreadable.ts"

type Rows<E> = Effect.Effect<ReadonlyArray<unknown>, E>
type Facts<E> = Exclude<E, SqlError.SqlError>

const isFact = <E>(error: E | SqlError.SqlError): error is Facts<E> => !(error instanceof SqlError.SqlError)

/** What is made of the rows of a statement, in one step where all can be read; a broken database is a defect. */
const read = <A, E>(rows: Rows<E>, use: (found: ReadonlyArray<unknown>) => Effect.Effect<A>) =>
  Effect.matchEffect(rows, {
    onFailure: (error): Effect.Effect<A, Facts<E>> => (isFact(error) ? Effect.fail(error) : Effect.die(error)),
    onSuccess: use
  })

const refused = (error: Unreadable) => Effect.zipRight(unreadable(error), Effect.die(error))

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

/** All rows of a statement. A broken database is a defect, and so is a row of another shape: `Unreadable`. */
export const all = <A, I>(schema: Schema.Schema<A, I>, table: Table = "other") => {
  const each = eachOf(schema, table)
  return <E>(rows: Rows<E>): Effect.Effect<ReadonlyArray<A>, Facts<E>> =>
    read(rows, (found) => {
      const kept: Array<A> = []
      for (const row of found) {
        const it = each(row)
        if (Either.isLeft(it)) return refused(it.left)
        kept.push(it.right)
      }
      return Effect.succeed(kept)
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
    read(rows, (found) => {
      const kept: Array<A> = []
      const broken: Array<Unreadable> = []
      for (const row of found) {
        const it = each(row)
        if (Either.isRight(it)) kept.push(it.right)
        else {
          broken.push(it.left)
          kept.push(...Option.toArray(instead(row)))
        }
      }
      return Effect.as(inOrder(broken.map(unreadable)), kept)
    })
}

/** The first row of a statement, if any. */
export const first = <A, I>(schema: Schema.Schema<A, I>, table: Table = "other") => {
  const each = eachOf(schema, table)
  return <E>(rows: Rows<E>): Effect.Effect<Option.Option<A>, Facts<E>> =>
    read(rows, (found) =>
      found.length === 0
        ? Effect.succeedNone
        : Either.match(each(found[0]), { onLeft: refused, onRight: Effect.succeedSome })
    )
}

/** The first row of a statement that always has one. */
export const one = <A, I>(schema: Schema.Schema<A, I>, table: Table = "other") => {
  const each = eachOf(schema, table)
  return <E>(rows: Rows<E>): Effect.Effect<A, Facts<E>> =>
    read(rows, (found) =>
      found.length === 0
        ? Effect.die(new Cause.NoSuchElementException("the statement has given no row"))
        : Either.match(each(found[0]), { onLeft: refused, onRight: Effect.succeed })
    )
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
