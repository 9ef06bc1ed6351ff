import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertInclude, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Context, Effect, Layer, Logger, LogLevel, Option, TestClock } from "effect"
import type { Persona } from "../../src/domain/Persona.ts"
import { RoomId } from "../../src/domain/RoomId.ts"
import { Memory } from "../../src/personas/Memory.ts"
import { PathLocks } from "../../src/personas/PathLocks.ts"
import { agentsFolder } from "../support/AgentsFolder.ts"
import { mira } from "../support/personas.ts"

const shared: Persona = { ...mira, memory_scope: "shared" }
const room = { id: RoomId.make(1), name: "The quay" }
const other = { id: RoomId.make(10), name: "The attic" }
const path = "group_harbour/Mira/recent_events.md"

const setup = Effect.gen(function* () {
  yield* TestClock.setTime(Date.UTC(2024, 4, 1, 23, 59))
  const folder = yield* agentsFolder
  yield* folder.write("group_harbour/Mira/in_a_nutshell.md", "Mira mends clocks.")
  const dataDir = `${folder.home}/data`
  const layer = Memory.layer({ agentsDir: folder.root, dataDir }).pipe(Layer.provide(PathLocks.layer))
  const memory = Context.get(yield* Layer.build(layer), Memory)
  const text = (file: string) => folder.fs.readFileString(folder.at(file))
  const left = Effect.map(folder.fs.readDirectory(folder.home, { recursive: true }), (names) =>
    names.filter((name) => name.endsWith(".tmp"))
  )
  return { ...folder, dataDir, memory, text, left }
})
type World = Effect.Effect.Success<typeof setup>

const scenario = <E>(name: string, body: (world: World) => Effect.Effect<void, E>) =>
  it.scoped(name, () =>
    Effect.flatMap(setup, body).pipe(Logger.withMinimumLogLevel(LogLevel.None), Effect.provide(NodeContext.layer))
  )

const entriesOf = (memory: Context.Tag.Service<Memory>, persona: Persona, roomId: RoomId) =>
  Effect.map(memory.recent({ persona, roomId, upTo: Option.none() }), ({ entries }) => entries)

describe("Memory of a room", () => {
  scenario("stays in the room, with its date, and leaves the agent's folder alone", ({ at, fs, memory }) =>
    Effect.gen(function* () {
      const line = yield* memory.memorize({ persona: mira, room, entry: "Tom\nowes her a clock." })
      yield* TestClock.adjust("2 minutes")
      yield* memory.memorize({ persona: mira, room, entry: "Tom paid." })

      assertEquals(line, "- [2024-05-01] Tom owes her a clock.")
      deepStrictEqual(yield* entriesOf(memory, mira, room.id), [
        "[2024-05-01] Tom owes her a clock.",
        "[2024-05-02] Tom paid."
      ])
      deepStrictEqual(yield* entriesOf(memory, mira, other.id), [])
      deepStrictEqual(yield* entriesOf(memory, { ...mira, name: "Tom" }, room.id), [])
      deepStrictEqual(yield* fs.readDirectory(at("group_harbour/Mira")), ["in_a_nutshell.md"])
    })
  )

  scenario("names its room and can be read by its owner alone", ({ dataDir, fs, memory }) =>
    Effect.gen(function* () {
      yield* memory.memorize({ persona: mira, room: { ...room, name: "The\n## [quay]" }, entry: "Tom paid." })
      const file = `${dataDir}/memories/1/Mira.md`

      assertEquals(yield* fs.readFileString(file), "# Mira in room 1: The ## [quay]\n\n- [2024-05-01] Tom paid.\n")
      assertEquals((yield* fs.stat(file)).mode & 0o777, 0o600)
    })
  )

  scenario("keeps every entry of many that come at once, and no temporary file", ({ left, memory }) =>
    Effect.gen(function* () {
      const entries = Array.from({ length: 30 }, (_, i) => `entry ${i}`)
      yield* Effect.forEach(entries, (entry) => memory.memorize({ persona: mira, room, entry }), { concurrency: 30 })
      const kept = yield* entriesOf(memory, mira, room.id)

      deepStrictEqual(new Set(kept), new Set(entries.map((entry) => `[2024-05-01] ${entry}`)))
      deepStrictEqual(yield* left, [])
    })
  )

  scenario("is bounded: the oldest entries go, the newest are shown", ({ dataDir, fs, memory }) =>
    Effect.gen(function* () {
      const old = Array.from({ length: 400 }, (_, i) => `- [2024-04-01] ${i} ${"x".repeat(200)}`)
      yield* fs.makeDirectory(`${dataDir}/memories/1`, { recursive: true })
      yield* fs.writeFileString(`${dataDir}/memories/1/Mira.md`, old.join("\n"))
      yield* memory.memorize({ persona: mira, room, entry: "The newest." })
      const recent = yield* entriesOf(memory, mira, room.id)
      const { size } = yield* fs.stat(`${dataDir}/memories/1/Mira.md`)

      assertTrue(size < 66_000n && size > 60_000n, `${size} bytes`)
      assertTrue(recent.length <= 50 && recent.join("\n").length <= 8192)
      assertEquals(recent.at(-1), "[2024-05-01] The newest.")
    })
  )

  scenario("is the same for a session that goes on, with what came later apart", ({ dataDir, fs, memory }) =>
    Effect.gen(function* () {
      const note = (entry: string) => memory.memorize({ persona: mira, room, entry })
      const recent = (newest: string | null) =>
        memory.recent({ persona: mira, roomId: room.id, upTo: Option.some(newest) })
      yield* Effect.forEach(["One.", "Two.", "Three."], note)
      const [one = "", two = "", three = ""] = yield* entriesOf(memory, mira, room.id)

      deepStrictEqual(yield* recent(null), { entries: [], later: [one, two, three] })
      deepStrictEqual(yield* recent(two), { entries: [one, two], later: [three] })
      yield* fs.writeFileString(`${dataDir}/memories/1/Mira.md`, "- [2024-05-03] Four.\n")
      deepStrictEqual(yield* recent(two), { entries: ["[2024-05-03] Four."], later: [] })
    })
  )

  scenario("is gone with the room, and only with it", ({ memory }) =>
    Effect.gen(function* () {
      yield* Effect.forEach([room, other], (it) => memory.memorize({ persona: mira, room: it, entry: "Tom paid." }))
      yield* memory.forget(room.id)
      yield* memory.forget(RoomId.make(77))

      deepStrictEqual(yield* entriesOf(memory, mira, room.id), [])
      deepStrictEqual(yield* entriesOf(memory, mira, other.id), ["[2024-05-01] Tom paid."])
    })
  )
})

describe("Memory that rooms share", () => {
  scenario("is appended to the agent's recent events in the original's form", ({ memory, text, write }) =>
    Effect.gen(function* () {
      yield* write(path, "Mira came to the harbour.\n- [2024-01-01] She found a key.\n\n")
      yield* memory.memorize({ persona: shared, room, entry: "Tom paid." })

      assertEquals(
        yield* text(path),
        "Mira came to the harbour.\n- [2024-01-01] She found a key.\n- [2024-05-01] Tom paid.\n"
      )
    })
  )

  scenario("is started where there is none", ({ memory, text }) =>
    Effect.gen(function* () {
      yield* memory.memorize({ persona: shared, room, entry: "Tom paid." })

      assertEquals(yield* text(path), "- [2024-05-01] Tom paid.\n")
    })
  )

  scenario("that is full is left as it is, and the agent hears of it", ({ memory, text, write }) =>
    Effect.gen(function* () {
      const full = `${"- [2024-01-01] x\n".repeat(3855)}`
      yield* write(path, full)
      const { detail, reason } = yield* Effect.flip(
        memory.memorize({ persona: shared, room, entry: "One more thing." })
      )

      assertEquals(reason, "full")
      assertInclude(detail, "nothing was added")
      assertEquals(yield* text(path), full)
    })
  )

  scenario("is never written over a file that cannot be read", ({ at, fs, memory, write }) =>
    Effect.gen(function* () {
      const bytes = Uint8Array.of(0xff, 0xfe, 0x41, 0x00)
      yield* write(path, bytes)
      const { reason } = yield* Effect.flip(memory.memorize({ persona: shared, room, entry: "Tom paid." }))

      assertEquals(reason, "unwritable")
      deepStrictEqual(Array.from(yield* fs.readFile(at(path))), Array.from(bytes))
    })
  )

  scenario("is never written outside the agents folder", ({ at, fs, home, memory }) =>
    Effect.gen(function* () {
      yield* fs.makeDirectory(`${home}/elsewhere`)
      yield* fs.symlink(`${home}/elsewhere`, at("eve"))
      const eve: Persona = { ...shared, name: "eve", config_file: "agents/eve" }
      const first = yield* Effect.flip(memory.memorize({ persona: eve, room, entry: "Tom paid." }))
      yield* fs.writeFileString(`${home}/secret.md`, "a secret")
      yield* fs.symlink(`${home}/secret.md`, at(path))
      const second = yield* Effect.flip(memory.memorize({ persona: shared, room, entry: "Tom paid." }))

      deepStrictEqual([first.reason, second.reason], ["unwritable", "unwritable"])
      deepStrictEqual(yield* fs.readDirectory(`${home}/elsewhere`), [])
      assertEquals(yield* fs.readFileString(`${home}/secret.md`), "a secret")
    })
  )
})

describe("Memory of long ago", () => {
  const old: Persona = {
    ...mira,
    memories: [
      { subtitle: "The Old Clock", body: "It runs backwards." },
      { subtitle: "시계", body: "거꾸로 간다." }
    ]
  }

  scenario("is found by its subtitle in any case and spacing", ({ memory }) =>
    Effect.gen(function* () {
      const asked = ["The Old Clock", " the  old clock", '"THEOLDCLOCK"', "[The Old Clock]"]
      const bodies = yield* Effect.forEach(asked, (subtitle) => memory.recall(old, subtitle))

      deepStrictEqual(new Set(bodies), new Set(["It runs backwards."]))
      assertEquals(yield* memory.recall(old, "시계".normalize("NFD")), "거꾸로 간다.")
    })
  )

  scenario("that is not there names those that are", ({ memory }) =>
    Effect.gen(function* () {
      const unknown = yield* Effect.flip(memory.recall(old, "The\nkey"))

      assertEquals(unknown.message, 'There is no memory "The key". There are: "The Old Clock", "시계"')
      assertEquals((yield* Effect.flip(memory.recall(mira, "x"))).message, 'There is no memory "x". There are none.')
    })
  )
})
