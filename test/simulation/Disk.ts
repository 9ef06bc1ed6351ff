import * as Reactivity from "@effect/experimental/Reactivity"
import { SqlClient, type SqlConnection, SqlError } from "@effect/sql"
import Database from "better-sqlite3"
import { Effect, Layer, Stream } from "effect"
import * as Client from "../../src/Db/Client.ts"

export interface Watcher {
  /** Just before what was written becomes durable. */
  readonly committing: () => void
  /** What was written to these tables is durable, and nobody has been told. */
  readonly committed: (tables: ReadonlySet<string>) => void
}

const changed = (text: string) => /^\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)/i.exec(text)?.[1]

/** SQLite in memory, begun from an image: one connection, as the production client has, and every commit is seen. */
export const make = (image: Uint8Array, watcher: Watcher) => {
  const db = new Database(Buffer.from(image))
  db.pragma("foreign_keys = ON")
  const prepared = new Map<string, { readonly statement: Database.Statement; readonly table: string | undefined }>()
  const dirty = new Set<string>()

  const prepare = (text: string) => {
    const known = prepared.get(text)
    if (known !== undefined) return known
    const fresh = { statement: db.prepare(text), table: changed(text) }
    prepared.set(text, fresh)
    return fresh
  }

  const work = (text: string, params: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
    if (text === "COMMIT") watcher.committing()
    const { statement, table } = prepare(text)
    if (table !== undefined) dirty.add(table)
    const rows = statement.reader ? statement.all(...params) : []
    if (!statement.reader) statement.run(...params)
    if (text === "COMMIT") watcher.committed(new Set(dirty))
    if (text === "COMMIT" || text === "ROLLBACK") dirty.clear()
    return rows
  }

  const run = (text: string, params: ReadonlyArray<unknown>) =>
    Effect.try({
      try: () => work(text, params),
      catch: (cause) => new SqlError.SqlError({ cause, message: "Failed to execute statement" })
    })

  const connection: SqlConnection.Connection = {
    execute: (text, params) => run(text, params),
    executeRaw: run,
    executeUnprepared: (text, params) => run(text, params),
    executeValues: () => Effect.dieMessage("nobody asks for values"),
    executeStream: () => Stream.dieMessage("nobody asks for streams")
  }

  const layer = Layer.effect(SqlClient.SqlClient, Client.over(connection)).pipe(Layer.provide(Reactivity.layer))

  return {
    layer,
    /** What a crash in this moment leaves: all that was committed, nothing that was not. */
    image: (): Uint8Array => {
      if (db.inTransaction) db.exec("ROLLBACK")
      return db.serialize()
    },
    rows: (text: string, ...params: ReadonlyArray<unknown>) => prepare(text).statement.all(...params),
    close: () => db.close()
  }
}

export type Disk = ReturnType<typeof make>
