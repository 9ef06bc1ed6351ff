import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertMatch, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import Database from "better-sqlite3"
import { Effect, Fiber } from "effect"
import { login } from "../support/Caller.ts"
import { attempt, home, layer, query, serve, tamper, withPassword } from "../support/Process.ts"

const read = (file: string, sql: string) =>
  Effect.acquireUseRelease(
    Effect.sync(() => new Database(file, { readonly: true })),
    (db) => Effect.sync(() => db.prepare(sql).pluck().all()),
    (db) => Effect.sync(() => db.close())
  )

const contents = "SELECT content FROM messages ORDER BY id"

const setup = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* home
  const server = yield* serve(folder)
  const { call } = yield* login(server.base)
  const { data: room } = yield* call("POST", "/rooms", { name: "A room" })
  const say = (content: string) => call("POST", `/rooms/${room.id}/messages/send`, { content })
  const parley = (...args: ReadonlyArray<string>) => attempt(folder, withPassword, args)
  const end = Effect.zipRight(server.signal("SIGTERM"), server.ended)
  const memory = `${folder}/data/memories/${room.id}/Ada.md`
  return { call, end, folder, fs, memory, parley, room, say }
})

describe("parley backup and parley restore", () => {
  it.scopedLive("a whole house comes back from a file that was written while its server was busy", () =>
    Effect.gen(function* () {
      const { call, end, folder, fs, memory, parley, room, say } = yield* setup
      const file = `${folder}/house.db`
      yield* fs.makeDirectory(`${folder}/data/memories/${room.id}`, { recursive: true })
      yield* fs.writeFileString(memory, "- 2026-11-30: Bob likes tea\n")
      for (const content of ["one", "two"]) yield* say(content)
      const busy = yield* Effect.fork(Effect.forever(say("three")))

      const taken = yield* parley("backup", file)
      yield* Fiber.interrupt(busy)
      assertMatch(taken.stderr, /(?:^|\n)(\S+) of \1 MB\n$/)
      const again = yield* parley("backup", file)
      const held = yield* parley("restore", file)
      yield* call("DELETE", `/rooms/${room.id}`)
      yield* end
      const restored = yield* parley("restore", file)

      deepStrictEqual([taken.code, restored.code, restored.stderr.includes("MB")], [0, 0, true])
      assertMatch(again.stderr, /is there already, and is not overwritten/)
      assertMatch(held.stderr, /is in use by another Parley/)
      strictEqual((yield* fs.stat(file)).mode & 0o777, 0o600)
      const kept = yield* read(file, contents)
      deepStrictEqual(kept.slice(0, 2), ["one", "two"])
      deepStrictEqual(
        (yield* query(folder, contents)).map(({ content }) => content),
        kept
      )
      strictEqual(yield* fs.readFileString(memory), "- 2026-11-30: Bob likes tea\n")
      const aside = (yield* fs.readDirectory(`${folder}/data`)).filter((name) => name.startsWith("before-restore-"))
      strictEqual(aside.length, 1)
      deepStrictEqual(
        yield* read(`${folder}/data/${aside[0]}/parley.db`, "SELECT name FROM rooms WHERE state = 'open'"),
        ["The first room"]
      )
      const next = yield* serve(folder)
      const { call: ask } = yield* login(next.base)
      strictEqual((yield* ask("GET", `/rooms/${room.id}`)).status, 200)
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("a damaged or missing database is replaced, and no backup is taken of it", () =>
    Effect.gen(function* () {
      const { end, folder, fs, parley, say } = yield* setup
      const database = `${folder}/data/parley.db`
      yield* say("kept")
      yield* parley("backup", `${folder}/house.db`)
      yield* end
      const bytes = yield* fs.readFile(database)
      yield* fs.writeFile(
        database,
        bytes.map((byte, at) => (at > 8192 && at < bytes.length - 4096 ? at % 251 : byte))
      )

      const refused = yield* parley("backup", `${folder}/damaged.db`)
      const restored = yield* parley("restore", `${folder}/house.db`)
      const first = yield* query(folder, contents)
      yield* fs.remove(database)
      const anew = yield* parley("restore", `${folder}/house.db`)

      assertTrue(refused.code !== 0)
      assertMatch(refused.stderr, /damaged|malformed|not a database/)
      strictEqual(yield* fs.exists(`${folder}/damaged.db`), false)
      deepStrictEqual([restored.code, anew.code], [0, 0])
      deepStrictEqual([first, yield* query(folder, contents)], [[{ content: "kept" }], [{ content: "kept" }]])
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("what is no backup, is damaged, or is of a newer Parley is refused, and nothing changes", () =>
    Effect.gen(function* () {
      const { end, folder, fs, parley, say } = yield* setup
      yield* say("kept")
      yield* end
      yield* parley("backup", `${folder}/house.db`)
      yield* fs.writeFileString(`${folder}/text.db`, "not a database at all")
      const bytes = yield* fs.readFile(`${folder}/house.db`)
      yield* fs.writeFile(`${folder}/cut.db`, bytes.slice(0, bytes.length / 2))
      yield* fs.makeDirectory(`${folder}/other/data`, { recursive: true })
      yield* fs.copyFile(`${folder}/house.db`, `${folder}/other/data/parley.db`)
      yield* tamper(`${folder}/other`, "UPDATE effect_sql_migrations SET migration_id = migration_id + 1000")

      const answers = yield* Effect.forEach(["text.db", "cut.db", "other/data/parley.db"], (name) =>
        parley("restore", `${folder}/${name}`)
      )

      deepStrictEqual(
        answers.map(({ code }) => code),
        [1, 1, 1]
      )
      assertMatch(answers[0]?.stderr ?? "", /cannot be read/)
      assertMatch(answers[1]?.stderr ?? "", /malformed|damaged|cannot be read/)
      assertMatch(answers[2]?.stderr ?? "", /use the newer version/)
      deepStrictEqual(yield* query(folder, contents), [{ content: "kept" }])
      deepStrictEqual(
        (yield* fs.readDirectory(`${folder}/data`)).filter((name) => /restor/.test(name)),
        []
      )
    }).pipe(Effect.provide(layer))
  )
})
