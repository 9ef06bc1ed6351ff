import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertInclude, assertMatch, deepStrictEqual } from "@effect/vitest/utils"
import Database from "better-sqlite3"
import { Effect, Layer } from "effect"
import * as Cli from "../../src/cli/commands/Import.ts"
import { DataDirInUse } from "../../src/process/DataDir.ts"
import { SourceUnusable } from "../../src/cli/Import/Source.ts"
import { Settings } from "../../src/process/Settings.ts"
import { emptyDocument, messageOf } from "../support/documents.ts"
import { setup } from "../support/Importing.ts"
import * as Original from "../support/Original.ts"
import { stringify } from "../../src/lib/json.ts"

const hash = "$2b$04$7yL1i2oFskF1V8hyYYdoPuJOedn8fgyjJY2XrQUFML6tnb0kZ4zBi"

const messages = `
  SELECT rooms.name, role, agent_name, agent_id IS NOT NULL, participant_type, participant_name, content, thinking,
  timestamp, (SELECT count(*) FROM attachments WHERE message_id = messages.id)
  FROM messages JOIN rooms ON rooms.id = room_id ORDER BY messages.id`

describe("Import", () => {
  it.scopedLive("rooms of the first line come with who said what when, and what is no message stays behind", () =>
    Effect.gen(function* () {
      const { file, query, run } = yield* setup
      const db = Original.first(file)

      const report = yield* run()
      db.close()

      deepStrictEqual(yield* query("SELECT owner_id, name, is_paused, max_interactions, interactions FROM rooms"), [
        ["admin", "Talk", 1, null, 3],
        ["admin", "Talk (2)", 1, null, 0],
        ["guest-0123456789ab", "Direct: Ada", 1, null, 0]
      ])
      const z = (second: number) => `2025-11-30T10:00:0${second}.123Z`
      deepStrictEqual(yield* query(messages), [
        ["Talk", "user", null, 0, "user", "Kim", "Hello", null, z(1), 0],
        ["Talk", "assistant", "Ada", 1, null, null, "Hi", "Hm", z(3), 0],
        ["Talk", "assistant", "Gone", 0, null, null, "I was here", null, z(4), 0],
        ["Talk", "assistant", null, 0, "system", null, "Ada joined the chat", null, z(7), 0],
        ["Talk", "user", null, 0, "user", null, "Look", null, z(8), 1],
        ["Talk", "assistant", "Unknown", 0, null, null, "Whose?", null, z(9), 0],
        ["Talk", "user", null, 0, "user", null, "Bad picture", null, z(9), 0]
      ])
      deepStrictEqual(yield* query("SELECT agent_name, content FROM critiques"), [["critic", "Too short"]])
      deepStrictEqual(
        yield* query(`SELECT rooms.name, agents.name, joined_at, (SELECT count(*) FROM messages
          WHERE room_id = rooms.id AND id <= joined_after) FROM room_agents
          JOIN rooms ON rooms.id = room_id JOIN agents ON agents.id = agent_id`),
        [
          ["Talk", "Ada", z(2), 1],
          ["Direct: Ada", "Ada", z(0), 0]
        ]
      )
      deepStrictEqual(yield* query("SELECT DISTINCT last_read_at FROM room_reads"), [[z(5)]])
      for (const line of [
        "3  rooms",
        "7  messages",
        "1  images",
        "1  skips",
        "1  failures",
        "1  messages of rooms",
        "Gone"
      ]) {
        assertInclude(report, line)
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("the later line and the earliest one are read too", () =>
    Effect.gen(function* () {
      const { file, query, run, there } = yield* setup
      Original.second(file)
      Original.early(`${there}/early.db`)

      const report = yield* run()
      yield* run(`${there}/early.db`)

      deepStrictEqual(yield* query("SELECT name, default_provider, default_model FROM rooms"), [
        ["Pictures", "claude", "opus"],
        ["Codex", "claude", null],
        ["Early", "claude", null]
      ])
      deepStrictEqual(
        (yield* query(messages)).map((row) => [row[2], row[4], row[6], row[8], row[9]]),
        [
          [null, "user", "One", "2025-11-30T10:00:01.123Z", 1],
          ["Ada", null, "Two", "2025-11-30T10:00:02.123Z", 1],
          [null, "user", "Hello", "2025-01-01T00:00:01.000Z", 0],
          ["Ada", null, "Hi", "2025-01-01T00:00:02.500Z", 0]
        ]
      )
      assertInclude(report, "1  images that are not in the database")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("a second run adds what is new and doubles nothing; beside the source nothing ever changes", () =>
    Effect.gen(function* () {
      const { file, put, query, run, state } = yield* setup
      const db = Original.first(file)
      yield* put("agents/group_G/Bo/in_a_nutshell.md", "Bo keeps bees.")
      const before = yield* state

      yield* run()
      const once = yield* query(messages)
      const again = yield* run()
      deepStrictEqual(yield* state, before)
      deepStrictEqual(yield* query(messages), once)
      db.prepare("INSERT INTO messages (id, room_id, role, content, timestamp) VALUES (20, 2, 'user', 'New', ?)").run(
        "2025-12-01 00:00:00.000000"
      )
      const third = yield* run()
      db.close()

      assertMatch(again, /^nothing new/)
      deepStrictEqual(
        (yield* query(messages)).slice(once.length).map((row) => [row[0], row[6]]),
        [["Talk (2)", "New"]]
      )
      assertInclude(third, "1  rooms with something new")
      assertEquals((yield* query("SELECT count(*) FROM rooms"))[0]?.[0], 3)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("agents come with all their files, those that differ stay, and a link brings nothing", () =>
    Effect.gen(function* () {
      const { fs, here, put, run, there } = yield* setup
      yield* put("secret.txt", "hush")
      yield* put("agents/group_G/Bo/in_a_nutshell.md", "Bo keeps bees.")
      yield* put("agents/group_G/Bo/consolidated_memory.md", "## [Bees]\nMany.")
      yield* put("agents/group_G/group_config.yaml", "priority: 3")
      yield* put("agents/Ada/in_a_nutshell.md", "Ada builds ships.")
      yield* fs.symlink(`${there}/secret.txt`, `${there}/agents/group_G/Bo/notes.md`)
      const read = (name: string) => fs.readFileString(`${here.AGENTS_DIR}/${name}`)

      const report = yield* run()
      const kept = yield* read("Ada/in_a_nutshell.md")
      yield* run(there, true)

      assertEquals(kept, "Ada builds clocks.")
      assertEquals(yield* read("Ada/in_a_nutshell.md"), "Ada builds ships.")
      assertEquals(yield* read("group_G/Bo/consolidated_memory.md"), "## [Bees]\nMany.")
      assertEquals(yield* read("group_G/group_config.yaml"), "priority: 3")
      deepStrictEqual(yield* fs.readDirectory(`${here.AGENTS_DIR}/group_G/Bo`), [
        "consolidated_memory.md",
        "in_a_nutshell.md"
      ])
      assertInclude(report, "Ada differs here")
      assertInclude(report, "1  links among")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("settings go into a file for their owner alone, and no secret is told", () =>
    Effect.gen(function* () {
      const { fs, here, put, run } = yield* setup
      yield* put(".env", `API_KEY_HASH=${hash}\nJWT_SECRET="hush hush"\nuser_name=Kim\nMEMORY_BY=BRAIN\nPORT=http\n`)

      const report = yield* run()
      const file = `${here.DATA_DIR}/imported.env`

      assertEquals(yield* fs.readFileString(file), `API_KEY_HASH='${hash}'\nJWT_SECRET='hush hush'\nUSER_NAME='Kim'\n`)
      assertEquals((yield* fs.stat(file)).mode & 0o777, 0o600)
      assertEquals(/hush|\$2b/.test(report), false)
      for (const line of ["does not have: MEMORY_BY", "as they are: PORT"]) assertInclude(report, line)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("a room's export is taken once, and anything else is refused in plain words", () =>
    Effect.gen(function* () {
      const { put, query, run, there } = yield* setup
      yield* put("room.json", stringify({ ...emptyDocument, messages: [messageOf(1)] }))
      yield* put("bad.json", stringify({ ...emptyDocument, messages: [messageOf(0)] }))
      yield* put("noise.db", "noise")

      yield* run(`${there}/room.json`)
      const again = yield* run(`${there}/room.json`)
      const refused = yield* Effect.forEach(["bad.json", "noise.db", "none"], (name) =>
        Effect.flip(run(`${there}/${name}`))
      )

      assertInclude(again, "was imported before")
      deepStrictEqual(yield* query("SELECT owner_id, name FROM rooms"), [["admin", "from elsewhere"]])
      deepStrictEqual(
        refused.map((error) => error instanceof SourceUnusable),
        [true, true, true]
      )
      assertMatch(String(refused[0]?.message), /is no export of a room: messages\.0\.id: /)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("an import that breaks off leaves whole rooms behind, and the next run brings the rest", () =>
    Effect.gen(function* () {
      const { file, here, query, run } = yield* setup
      Original.first(file).close()
      yield* run(`${here.AGENTS_DIR}/..`).pipe(Effect.ignore)
      const db = new Database(`${here.DATA_DIR}/parley.db`)
      db.exec(`CREATE TRIGGER fault BEFORE INSERT ON messages WHEN new.content = 'Whose?'
        BEGIN SELECT raise(ABORT, 'fault'); END`)
      const broken = yield* Effect.exit(run())
      const left = yield* query("SELECT count(*) FROM rooms")
      const half = yield* query("SELECT count(*) FROM messages")
      db.exec("DROP TRIGGER fault")
      db.close()

      yield* run()

      assertEquals(broken._tag, "Failure")
      deepStrictEqual([left, half], [[[0]], [[0]]])
      assertEquals((yield* query(messages)).length, 7)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("a dry run tells what an import would do, also while a server runs, and changes nothing", () =>
    Effect.gen(function* () {
      const { file, fs, here, put, query, run } = yield* setup
      Original.first(file).close()
      yield* put("agents/Bo/in_a_nutshell.md", "Bo keeps bees.")
      yield* put(".env", "USER_NAME=Kim\n")
      const settings = Settings.layerFrom(here)
      const rehearse = Effect.provide(Cli.rehearse({ path: file.replace(/\/[^/]*$/, ""), replace: false }), settings)

      const before = yield* rehearse
      const untouched = [yield* fs.exists(here.DATA_DIR), yield* fs.readDirectory(here.AGENTS_DIR)]
      const done = yield* run()
      const held = Layer.build(Layer.provide(Cli.layer, settings))
      const after = yield* Effect.scoped(Effect.zipRight(held, rehearse))

      deepStrictEqual(untouched, [false, ["Ada", "critic"]])
      assertEquals(before.split("\n").slice(1).join("\n"), done)
      assertInclude(after, "nothing new")
      assertEquals((yield* query("SELECT count(*) FROM rooms"))[0]?.[0], 3)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("a data folder that a server holds is refused", () =>
    Effect.gen(function* () {
      const { file, here, run } = yield* setup
      Original.early(file)
      const held = Layer.provide(Cli.layer, Settings.layerFrom(here))

      const refused = yield* Effect.flip(Effect.scoped(Effect.zipRight(Layer.build(held), run())))

      assertEquals(refused instanceof DataDirInUse, true)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
