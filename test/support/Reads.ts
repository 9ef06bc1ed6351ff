import Database from "better-sqlite3"
import type { Seen } from "./Statements.ts"

/** How a statement is carried out, one line for each step. */
const planOf = (db: Database.Database, { params, sql }: Seen) =>
  db
    .prepare<Array<unknown>, { readonly detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...params)
    .map(({ detail }) => detail.replaceAll("_stored", ""))

/**
 * Runs statements again on a copy of the database in which every table is a view that tells of each row it passes
 * through; gives the rows that were touched, by table. Throws when that would make the database go another way.
 */
export const open = (file: string) => {
  const plain = new Database(file)
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
  return {
    close: () => {
      plain.close()
      watched.close()
    },
    rows: (statements: ReadonlyArray<Seen>) => {
      touched.clear()
      for (const statement of statements) {
        const [ways, way] = [planOf(watched, statement), planOf(plain, statement)]
        if (ways.join() !== way.join())
          throw new Error(`${statement.sql}\n${way.join("\n")}\nbecame\n${ways.join("\n")}`)
        watched.prepare(statement.sql).all(...statement.params)
      }
      return Object.fromEntries(touched)
    }
  }
}
