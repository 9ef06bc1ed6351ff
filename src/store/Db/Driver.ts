import Sqlite from "better-sqlite3"
import { Effect } from "effect"

/** A database that answers in one step. */
export interface Driver {
  /**
   * Prepares a statement. What it gives runs it with values, by their places or, in one object, by their names; gives
   * the rows, none where the statement has none; and throws what SQLite complains of.
   */
  readonly prepare: (text: string) => (values: ReadonlyArray<unknown>) => ReadonlyArray<unknown>
}

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
        prepare: (text: string) => {
          const statement = database.prepare(text)
          if (statement.reader) return (values: ReadonlyArray<unknown>) => statement.all(...values)
          return (values: ReadonlyArray<unknown>) => {
            statement.run(...values)
            return []
          }
        },
        /** Copies it, a few pages at a time. */
        backup: (target: string) => Effect.promise(() => database.backup(target)),
        /** All of it, as a file would hold it. */
        serialize: () => database.serialize()
      }
    }
  )
