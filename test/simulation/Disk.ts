import * as Reactivity from "@effect/experimental/Reactivity"
import Database from "better-sqlite3"
import { Layer } from "effect"
import { DbFile } from "../../src/store/DbFile.ts"
import * as Client from "../../src/store/Db/Client.ts"
import * as Driver from "../../src/store/Db/Driver.ts"

export interface Watcher {
  /** Just before what was written becomes durable. */
  readonly committing: () => void
  /** What was written to these tables is durable, and nobody has been told. */
  readonly committed: (tables: ReadonlySet<string>) => void
}

/**
 * What the storage answers for a while. SQLite ends a transaction by itself when a statement in it meets such an error.
 */
export interface Trouble {
  readonly how: "locked" | "full" | "failing"
  /** At the begin of a transaction, at a change in it, or at its end. */
  readonly at: "begin" | "change" | "commit"
  /** How often, before all is well again. */
  readonly times: number
}

const codes = { locked: "SQLITE_BUSY", full: "SQLITE_FULL", failing: "SQLITE_IOERR_WRITE" } as const

const changed = (text: string) => /^\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM)\s+"?(\w+)/i.exec(text)?.[1]

/** SQLite in memory, begun from an image: one connection, as the production client has, and every commit is seen. */
export const make = (image: Uint8Array, watcher: Watcher) => {
  const db = new Database(Buffer.from(image))
  db.pragma("foreign_keys = ON")
  const own = Driver.over(db)
  const prepared = new Map<
    string,
    { readonly run: ReturnType<typeof own.prepare>; readonly table: string | undefined }
  >()
  const dirty = new Set<string>()
  let trouble: Trouble = { how: "full", at: "begin", times: 0 }

  const meet = (at: Trouble["at"]) => {
    if (trouble.at !== at || trouble.times === 0) return
    trouble = { ...trouble, times: trouble.times - 1 }
    if (at === "change") db.exec("ROLLBACK")
    throw Object.assign(new Error("the storage is in trouble"), { code: codes[trouble.how] })
  }

  const prepare = (text: string) => {
    const known = prepared.get(text)
    if (known !== undefined) return known
    const fresh = { run: own.prepare(text), table: changed(text) }
    prepared.set(text, fresh)
    return fresh
  }

  const work = (text: string, params: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
    if (text === "BEGIN IMMEDIATE") meet("begin")
    if (text === "COMMIT") meet("commit")
    if (changed(text) !== undefined && db.inTransaction) meet("change")
    if (text === "COMMIT") watcher.committing()
    const { run, table } = prepare(text)
    if (table !== undefined) dirty.add(table)
    const rows = run(params)
    if (text === "COMMIT") watcher.committed(new Set(dirty))
    if (text === "COMMIT" || text === "ROLLBACK") dirty.clear()
    return rows
  }

  const driver: Driver.Driver = { prepare: (text) => (values) => work(text, values) }

  const layer = Client.over(driver).pipe(Layer.provide(Reactivity.layer), Layer.merge(DbFile.layerMemory))

  return {
    layer,
    /** What a crash in this moment leaves: all that was committed, nothing that was not. */
    image: (): Uint8Array => {
      if (db.inTransaction) db.exec("ROLLBACK")
      return db.serialize()
    },
    rows: (text: string, ...params: ReadonlyArray<unknown>) => db.prepare(text).all(...params),
    /** Has the storage refuse what comes. */
    suffer: (next: Trouble) => void (trouble = next),
    isWell: () => trouble.times === 0,
    close: () => db.close()
  }
}

export type Disk = ReturnType<typeof make>
