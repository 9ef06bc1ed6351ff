import { FileSystem, Path } from "@effect/platform"
import Database from "better-sqlite3"
import { Clock, Effect, Option, Schema } from "effect"
import { Settings } from "../../process/Settings.ts"
import { lost, remains } from "../../store/Inspect.ts"
import { counted } from "../../lib/text.ts"
import { Broken, Doubtful, Fine } from "./Finding.ts"

const about = "database"
const Row = Schema.Struct({
  check: Schema.String,
  strays: Schema.Number,
  rooms: Schema.Number,
  messages: Schema.Number,
  newest: Schema.NullOr(Schema.DateFromString)
})

// Read past the services, which would bring an older file up to date.
const statement = `SELECT (SELECT quick_check FROM pragma_quick_check LIMIT 1) AS "check",
  (SELECT count(*) FROM pragma_foreign_key_check) AS strays,
  (SELECT count(*) FROM rooms) AS rooms,
  (SELECT count(*) FROM messages) AS messages,
  (SELECT created_at FROM events ORDER BY id DESC LIMIT 1) AS newest`

const read = (file: string) =>
  Effect.acquireUseRelease(
    Effect.try(() => new Database(file, { readonly: true, fileMustExist: true })),
    (database) =>
      Effect.flatMap(
        Effect.try(() => database.prepare(statement).get()),
        Schema.decodeUnknown(Row)
      ),
    (database) => Effect.sync(() => database.close())
  )

const clock = (newest: Date | null, now: number) =>
  newest !== null && newest.getTime() > now + 5000
    ? [Doubtful({ about: "clock", words: `the newest event is of ${newest.toISOString()}: this clock is behind it` })]
    : []

/** Whether the file is whole, and not from the future. */
export const database = Effect.gen(function* () {
  const { DATA_DIR } = yield* Settings
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(DATA_DIR, "parley.db")
  const stat = yield* Effect.option(fs.stat(file))
  if (Option.isNone(stat)) {
    const left = yield* remains(file)
    return [
      left.length > 0
        ? Broken({ about, words: `${file}: ${lost("gone", left)}` })
        : Fine({ about, words: "not there yet: the first start makes it" })
    ]
  }
  const found = yield* Effect.either(read(file))
  if (found._tag === "Left") {
    return [Broken({ about, words: `${file} cannot be read: parley restore puts a backup there, or ${file}.before-*` })]
  }
  const { check, messages, newest, rooms, strays } = found.right
  if (check !== "ok")
    return [Broken({ about, words: `${file} is damaged (${check}): parley restore puts a backup there` })]
  if (strays > 0)
    return [Broken({ about, words: `${strays} rows of ${file} belong to nothing: parley restore puts a backup there` })]
  const megabytes = (Number(stat.value.size) / 2 ** 20).toFixed(1)
  return [
    Fine({ about, words: `whole; ${counted(rooms, "room")}, ${counted(messages, "message")}, ${megabytes} MB` }),
    ...clock(newest, yield* Clock.currentTimeMillis)
  ]
})
