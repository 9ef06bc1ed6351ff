import { SqlClient } from "@effect/sql"
import Database from "better-sqlite3"
import { Effect } from "effect"
import type { Seen } from "./Statements.ts"

/** How a statement is carried out, one line for each step. */
const planOf = (db: Database.Database, { params, sql }: Seen) =>
  db
    .prepare<Array<unknown>, { readonly detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...params)
    .map(({ detail }) => detail.replaceAll("_stored", ""))

const targetOf = ({ sql }: Seen) => /^\s*(?:INSERT (?:OR IGNORE )?INTO|UPDATE|DELETE FROM)\s+"?(\w+)/i.exec(sql)?.[1]

/**
 * Runs statements again on a copy of the database in which every table is a view that tells of each row it passes
 * through; gives the rows that were touched, by table. Of a table that a statement changes nothing is told, and nothing
 * of the change stays. Throws when that would make the database go another way.
 */
const open = (file: string) => {
  const plain = new Database(file)
  plain.pragma("foreign_keys = OFF")
  const watched = new Database(plain.serialize())
  const touched = new Map<string, number>()
  watched.function("touch", (table: unknown, _row: unknown) => {
    touched.set(String(table), (touched.get(String(table)) ?? 0) + 1)
    return 1
  })
  watched.pragma("foreign_keys = OFF")
  watched.pragma("legacy_alter_table = ON")
  const names = (query: string) => watched.prepare<[], { readonly name: string }>(query).all()
  const triggers = names("SELECT name FROM sqlite_master WHERE type = 'trigger'")
  const tables = names("SELECT name FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
  for (const { name } of triggers) watched.exec(`DROP TRIGGER ${name}`)
  for (const { name: table } of tables) {
    watched.exec(`ALTER TABLE ${table} RENAME TO ${table}_stored`)
    watched.exec(`CREATE VIEW ${table} AS SELECT * FROM ${table}_stored WHERE touch('${table}', ${table}_stored.rowid)`)
  }
  const run = (statement: Seen) => {
    const target = targetOf(statement)
    if (target !== undefined) watched.exec(`DROP VIEW ${target}; ALTER TABLE ${target}_stored RENAME TO ${target}`)
    const [ways, way] = [planOf(watched, statement), planOf(plain, statement)]
    if (ways.join() !== way.join()) throw new Error(`${statement.sql}\n${way.join("\n")}\nbecame\n${ways.join("\n")}`)
    const prepared = watched.prepare(statement.sql)
    if (prepared.reader) prepared.all(...statement.params)
    else prepared.run(...statement.params)
  }
  return {
    close: () => {
      plain.close()
      watched.close()
    },
    rows: (statements: ReadonlyArray<Seen>) => {
      touched.clear()
      for (const statement of statements) {
        watched.exec("SAVEPOINT one")
        run(statement)
        watched.exec("ROLLBACK TO one; RELEASE one")
      }
      return Object.fromEntries(touched)
    }
  }
}

/** The same over a copy of the house's database as it is now. */
export const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [main] = yield* sql<{ readonly file: string }>`PRAGMA database_list`
  const copy = `${main?.file}.copy`
  yield* sql`VACUUM INTO ${copy}`
  return yield* Effect.acquireRelease(
    Effect.sync(() => open(copy)),
    ({ close }) => Effect.sync(close)
  )
})
