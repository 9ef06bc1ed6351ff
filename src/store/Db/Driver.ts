import Sqlite from "better-sqlite3"
import { Effect } from "effect"

/** A database that answers in one step. */
export interface Driver {
  /**
   * Prepares a statement. What it gives runs it with values, by their places or, in one object, by their names; gives
   * the rows, or what the statement did where it has none (`Done`); and throws what SQLite complains of.
   */
  readonly prepare: (text: string) => (values: ReadonlyArray<unknown>) => ReadonlyArray<unknown>
}

/**
 * Rows come as lists of their values, which cost less: the driver would make the names of the columns anew for every
 * row.
 */
const reading = (statement: Sqlite.Statement<Array<unknown>>) => {
  const namesNow = () => statement.columns().map(({ name }) => name)
  let names = namesNow()
  statement.raw(true)

  const rowOf = (values: unknown) => {
    const row: Record<string, unknown> = {}
    if (!Array.isArray(values)) return row
    // A table has got another column since.
    if (values.length !== names.length) names = namesNow()
    for (const [at, name] of names.entries()) row[name] = values[at]
    return row
  }
  return (values: ReadonlyArray<unknown>) => statement.all(...values).map(rowOf)
}

/** What `better-sqlite3` has open, as the house asks it. */
export const over = (database: Sqlite.Database): Driver => ({
  prepare: (text) => {
    const statement = database.prepare<Array<unknown>, unknown>(text)
    if (statement.reader) return reading(statement)
    return (values) => {
      const { changes, lastInsertRowid } = statement.run(...values)
      return [{ changes, id: Number(lastInsertRowid) }]
    }
  }
})

/** A file, or `:memory:`, with a log beside it; closed with the scope. */
export const open = (filename: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Sqlite(filename)),
      (database) => Effect.sync(() => database.close())
    ),
    (database) => {
      database.pragma("journal_mode = WAL")
      return {
        ...over(database),
        /** Copies it, a few pages at a time. */
        backup: (target: string) => Effect.promise(() => database.backup(target)),
        /** All of it, as a file would hold it. */
        serialize: () => database.serialize()
      }
    }
  )
