import { Data, Effect } from "effect"
import { counter } from "./metric.ts"

const tables = [
  "agents",
  "attachments",
  "critiques",
  "events",
  "messages",
  "rooms",
  "rounds",
  "sessions",
  "turns",
  "other"
] as const
export type Table = (typeof tables)[number]

const rows = counter("parley_rows_unreadable_total", "Rows read that have not the shape of their table", "table")
for (const table of tables) rows(0, table)

/** A row that has not the shape of its table: what it belongs to cannot be used until it is mended. */
export class Unreadable extends Data.TaggedError("Unreadable")<{
  readonly table: Table
  /** Null where the statement did not name it. */
  readonly id: number | null
  /** The columns, and the places in them. */
  readonly places: ReadonlyArray<string>
}> {
  override get message() {
    return `row ${this.id ?? "?"} of ${this.table} cannot be read: ${this.places.join(", ")}`
  }
}

/** Counts the row, and tells the log which it is; not what stands in it. */
export const unreadable = (error: Unreadable) =>
  Effect.zipRight(
    Effect.sync(() => rows(1, error.table)),
    Effect.logWarning(error.message)
  )
