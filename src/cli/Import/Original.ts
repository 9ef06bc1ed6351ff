import { FileSystem, Path } from "@effect/platform"
import Database from "better-sqlite3"
import { Effect, Schema } from "effect"
import { SourceUnusable } from "./Source.ts"

export type Row = Readonly<Record<string, unknown>>

/** What is wanted of each table; a column that a version of the original does not have is null. */
const columns = {
  rooms: [
    "id",
    "owner_id",
    "name",
    "max_interactions",
    "is_paused",
    "default_provider",
    "default_model",
    "created_at",
    "last_activity_at",
    "last_read_at"
  ],
  agents: [
    "id",
    "name",
    "group",
    "config_file",
    "profile_pic",
    "in_a_nutshell",
    "characteristics",
    "recent_events",
    "is_critic",
    "interrupt_every_turn",
    "priority",
    "transparent",
    "final_response"
  ],
  room_agents: ["room_id", "agent_id", "joined_at"],
  messages: [
    "id",
    "room_id",
    "agent_id",
    "content",
    "role",
    "participant_type",
    "participant_name",
    "thinking",
    "image_data",
    "image_media_type",
    "images",
    "anthropic_calls",
    "excuse_reasons",
    "provider",
    "timestamp"
  ]
} as const
type Table = keyof typeof columns

/** Of these nothing is lost: they can be made again, or say what another column says. */
const derived: Readonly<Record<Table, ReadonlyArray<string>>> = {
  rooms: [],
  agents: ["system_prompt", "created_at"],
  room_agents: [],
  messages: []
}

/** What the original has beside, for people. */
const foreignTables: Readonly<Record<string, string>> = {
  room_agent_sessions: "sessions with a model, which cannot be taken up here",
  voice_audio: "recordings of voices"
}

/** The last message that was taken over before. */
export interface Known {
  readonly last_id: number
  readonly last_timestamp: string
}

export interface Original {
  readonly rooms: ReadonlyArray<Row>
  readonly agents: ReadonlyArray<Row>
  readonly seats: (room: number) => ReadonlyArray<Row>
  readonly countMessages: (room: number) => number
  /** The oldest messages of the room behind an id that are not known: an id may be given again, a time is not. */
  readonly messages: (room: number, after: number, known: Known, limit: number) => ReadonlyArray<Row>
  /** The last message of the room that is no later than a time, 0 for none. */
  readonly lastAt: (room: number, time: string) => number
  /** Messages of rooms that are not there. */
  readonly orphans: number
  /** What it holds that has no place here. */
  readonly foreign: ReadonlyArray<{ readonly what: string; readonly count: number }>
}

const Rows = Schema.decodeUnknownSync(Schema.Array(Schema.Record({ key: Schema.String, value: Schema.Unknown })))
const Count = Schema.decodeUnknownSync(Schema.Struct({ n: Schema.NullOr(Schema.Int) }))

const Names = Schema.decodeUnknownSync(Schema.Array(Schema.Struct({ name: Schema.String })))

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`
const isTable = (name: string): name is Table => name in columns

const read = (db: Database.Database): Original => {
  const known = (table: Table) =>
    new Set(Rows(db.prepare(`SELECT name FROM pragma_table_info(?)`).all(table)).map(({ name }) => name))
  const selection = (table: Table) => {
    const has = known(table)
    return columns[table].map((name) => (has.has(name) ? quote(name) : `NULL AS ${quote(name)}`)).join(", ")
  }
  const all = (text: string) => {
    const statement = db.prepare(text)
    return (...values: ReadonlyArray<unknown>) => Rows(statement.all(...values))
  }
  const count = (text: string) => {
    const statement = db.prepare(text)
    return (...values: ReadonlyArray<unknown>) => Count(statement.get(...values)).n ?? 0
  }
  const newer = all(`
    SELECT ${selection("messages")} FROM messages
    WHERE room_id = ? AND id > ? AND (id > ? OR timestamp > ?) ORDER BY id LIMIT ?`)
  const strange = (table: Table) => {
    const ours: ReadonlySet<string> = new Set([...columns[table], ...derived[table]])
    return [...known(table)].filter((name) => typeof name === "string" && !ours.has(name)).map(String)
  }
  const foreign = Names(
    db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name").all()
  ).flatMap(({ name: table }) =>
    isTable(table)
      ? strange(table).map((column) => ({
          what: `values of ${table}.${column}`,
          count: count(
            `SELECT count(*) AS n FROM ${quote(table)} WHERE ${quote(column)} IS NOT NULL AND ${quote(column)} NOT IN (0, '')`
          )()
        }))
      : [
          {
            what: foreignTables[table] ?? `rows of the table ${table}`,
            count: count(`SELECT count(*) AS n FROM ${quote(table)}`)()
          }
        ]
  )
  return {
    foreign,
    rooms: all(`SELECT ${selection("rooms")} FROM rooms ORDER BY id`)(),
    agents: known("agents").size === 0 ? [] : all(`SELECT ${selection("agents")} FROM agents ORDER BY id`)(),
    seats:
      known("room_agents").size === 0
        ? () => []
        : all(`SELECT ${selection("room_agents")} FROM room_agents WHERE room_id = ?`),
    countMessages: count("SELECT count(*) AS n FROM messages WHERE room_id = ?"),
    messages: (room, after, { last_id, last_timestamp }, limit) => newer(room, after, last_id, last_timestamp, limit),
    lastAt: count("SELECT max(id) AS n FROM messages WHERE room_id = ? AND timestamp <= ?"),
    orphans: count(
      "SELECT count(*) AS n FROM messages WHERE room_id IS NULL OR room_id NOT IN (SELECT id FROM rooms)"
    )()
  }
}

/**
 * Opens a copy, with what the original has not yet written into its file: beside the source nothing is made or changed.
 * Refused while the original writes.
 */
export const open = Effect.fnUntraced(function* (file: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const refuse = (reason: string) => new SourceUnusable({ path: file, reason })
  const stamp = Effect.forEach([file, `${file}-wal`], (name) =>
    Effect.match(fs.stat(name), {
      onFailure: () => "none",
      onSuccess: ({ mtime, size }) => `${size} ${mtime._tag === "Some" ? mtime.value.getTime() : 0}`
    })
  )
  const folder = yield* Effect.orDie(fs.makeTempDirectoryScoped({ prefix: "parley-import-" }))
  const copy = path.join(folder, "original.db")
  const before = yield* stamp
  yield* Effect.mapError(fs.copyFile(file, copy), () => refuse("cannot be copied"))
  if (before[1] !== "none") {
    yield* Effect.mapError(fs.copyFile(`${file}-wal`, `${copy}-wal`), () => refuse("cannot be copied"))
  }
  if ((yield* stamp).join() !== before.join()) return yield* refuse("is being written to: end the original first")
  const db = yield* Effect.acquireRelease(
    Effect.try({ try: () => new Database(copy), catch: () => refuse("is not a database") }),
    (opened) => Effect.sync(() => opened.close())
  )
  return yield* Effect.try({
    try: () => {
      if (db.pragma("quick_check(1)", { simple: true }) !== "ok") throw new Error("damaged")
      return read(db)
    },
    catch: () => refuse("is damaged, or no database of the original")
  })
})
