import { describe } from "@effect/vitest"
import { assertEquals, assertInclude, assertNone, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Option } from "effect"
import { scenario } from "../support/PersonasWorld.ts"

describe("Personas, as the folder changes", () => {
  scenario("an edit is in the next answer, also one that leaves the size as it was", ({ nutshell, write }) =>
    Effect.gen(function* () {
      yield* write("mira/in_a_nutshell.md", "Mira winds clocks.")

      assertEquals(yield* nutshell("mira"), "Mira winds clocks.")
    })
  )

  scenario("a file brought back with an older time is in the next answer", ({ nutshell, write }) =>
    Effect.gen(function* () {
      yield* write("mira/in_a_nutshell.md", "Mira sells clocks.", 1_500_000_000)

      assertEquals(yield* nutshell("mira"), "Mira sells clocks.")
    })
  )

  scenario("two edits within the grain of the file system's clock are both seen", ({ at, fs, nutshell, write }) =>
    Effect.gen(function* () {
      yield* write("mira/in_a_nutshell.md", "Mira winds clocks.", "now")
      const { mtime } = yield* fs.stat(at("mira/in_a_nutshell.md"))
      yield* nutshell("mira")
      yield* fs.writeFileString(at("mira/in_a_nutshell.md"), "Mira sells clocks.")
      yield* fs.utimes(at("mira/in_a_nutshell.md"), Option.getOrThrow(mtime), Option.getOrThrow(mtime))

      assertEquals(yield* nutshell("mira"), "Mira sells clocks.")
    })
  )

  scenario("a file that is added or removed changes the persona", ({ at, fs, personas, write }) =>
    Effect.gen(function* () {
      yield* write("mira/recent_events.md", "- [2024-05-01] Mira found a key.")
      const after = yield* personas.get("mira")
      yield* fs.remove(at("mira/characteristics.md"))
      const later = yield* personas.get("mira")

      assertEquals(after.recent_events, "- [2024-05-01] Mira found a key.")
      assertEquals(later.characteristics, null)
      assertTrue(later.fingerprint !== after.fingerprint)
    })
  )

  scenario("a new folder is an agent at once", ({ names, nutshell, write }) =>
    Effect.gen(function* () {
      yield* write("group_harbour/미라/in_a_nutshell.md", "미라는 등대를 지킨다.")

      assertEquals(yield* nutshell("미라"), "미라는 등대를 지킨다.")
      deepStrictEqual(yield* names, ["tom", "미라", "mira"])
    })
  )

  scenario("a folder that is removed is no agent any more", ({ at, fs, names, personas }) =>
    Effect.gen(function* () {
      yield* fs.remove(at("mira"), { recursive: true })

      assertInclude((yield* Effect.flip(personas.get("mira"))).detail, "no such folder")
      deepStrictEqual(yield* names, ["tom"])
    })
  )

  scenario("a folder that is renamed is the agent of its new name alone", ({ at, fs, names, nutshell, personas }) =>
    Effect.gen(function* () {
      yield* fs.rename(at("mira"), at("vera"))

      assertEquals(yield* nutshell("vera"), "Mira mends clocks.")
      assertEquals((yield* Effect.flip(personas.get("mira")))._tag, "PersonaMissing")
      deepStrictEqual(yield* names, ["tom", "vera"])
    })
  )

  scenario("a folder that is moved into a group belongs to the group", ({ at, fs, personas, write }) =>
    Effect.gen(function* () {
      yield* write("group_harbour/group_config.yaml", "priority: 3\ntransparent: yes\n")
      yield* fs.rename(at("mira"), at("group_harbour/mira"))
      const { config_file, group, priority, transparent } = yield* personas.get("mira")

      deepStrictEqual(
        { config_file, group, priority, transparent },
        { config_file: "agents/group_harbour/mira", group: "harbour", priority: 3, transparent: true }
      )
    })
  )

  scenario("an edit of the group's configuration reaches every member", ({ personas, write }) =>
    Effect.gen(function* () {
      yield* write("group_harbour/group_config.yaml", "interrupt_every_turn: true\nmemory_scope: shared\n")
      yield* write("group_harbour/ada/characteristics.md", "Ada counts.")
      yield* write("group_harbour/ada/agent_config.yaml", "interrupt_every_turn: false\n")
      const tom = yield* personas.get("tom")
      const ada = yield* personas.get("ada")

      deepStrictEqual([tom.interrupt_every_turn, ada.interrupt_every_turn], [true, false])
      deepStrictEqual([tom.memory_scope, ada.memory_scope], ["shared", "shared"])
    })
  )

  scenario("an unchanged folder is not read again", ({ personas, spy }) =>
    Effect.gen(function* () {
      spy.reads.length = 0
      yield* personas.get("mira")
      yield* personas.all

      deepStrictEqual(spy.reads, [])
    })
  )

  scenario("many who ask at once share one reading", ({ personas, spy, write }) =>
    Effect.gen(function* () {
      yield* write("mira/in_a_nutshell.md", "Mira winds clocks.", "now")
      spy.reads.length = 0
      yield* Effect.all(
        Array.from({ length: 50 }, () => personas.get("mira")),
        { concurrency: "unbounded" }
      )

      assertTrue(spy.reads.length <= 4, `${spy.reads.length} files read`)
    })
  )
})

describe("Personas, what a folder holds", () => {
  scenario("texts in CP949 are read, and line ends are plain", ({ nutshell, write }) =>
    Effect.gen(function* () {
      yield* write("mira/in_a_nutshell.md", Uint8Array.of(0xb0, 0xa1, 0x0d, 0x0a, 0xb3, 0xaa))

      assertEquals(yield* nutshell("mira"), "가\n나")
    })
  )

  scenario("the long-term memory is found under either of its names", ({ personas, write }) =>
    Effect.gen(function* () {
      yield* write("mira/long_term_memory.md", "## [The key]\nIt fits no lock.")
      const first = yield* personas.get("mira")
      yield* write("mira/consolidated_memory.md", "## [The clock]\nIt runs backwards.")
      const second = yield* personas.get("mira")

      deepStrictEqual(first.memories, [{ subtitle: "The key", body: "It fits no lock." }])
      deepStrictEqual(second.memories, [{ subtitle: "The clock", body: "It runs backwards." }])
    })
  )

  scenario("a picture is chosen by its name, then by its kind, then beside the folder", (world) =>
    Effect.gen(function* () {
      const { at, fs, personas, write } = world
      const none = yield* Effect.option(personas.picture("mira"))
      yield* write("mira.png", "beside")
      yield* personas.all
      const beside = yield* personas.picture("mira")
      yield* write("mira/clock.webp", "any")
      yield* write("mira/notes.txt", "text")
      const any = yield* personas.picture("mira")
      yield* write("mira/avatar.GIF", "named")
      const named = yield* personas.picture("mira")

      assertNone(none)
      const real = yield* Effect.all([fs.realPath(at("mira.png")), fs.realPath(at("mira"))])
      deepStrictEqual([beside, any, named], [real[0], `${real[1]}/clock.webp`, `${real[1]}/avatar.GIF`])
      assertEquals((yield* personas.get("mira")).profile_pic, "avatar.GIF")
    })
  )

  scenario("a picture that lies outside the agent's folder is none", ({ at, fs, home, personas, write }) =>
    Effect.gen(function* () {
      yield* fs.writeFileString(`${home}/secret.png`, "a secret")
      yield* fs.symlink(`${home}/secret.png`, at("mira/profile.png"))
      yield* write("group_harbour/tom/profile.png", "tom")
      yield* fs.symlink(at("group_harbour/tom/profile.png"), at("mira/avatar.png"))

      assertEquals((yield* Effect.flip(personas.picture("mira"))).detail, "Profile picture not found")
      yield* fs.remove(at("mira/profile.png"))
      yield* write("mira/profile.png", "mira")
      assertTrue((yield* personas.picture("mira")).endsWith("/mira/profile.png"))
      yield* fs.remove(at("mira/profile.png"))
      yield* fs.symlink(`${home}/secret.png`, at("mira/profile.png"))
      assertEquals((yield* Effect.flip(personas.picture("mira")))._tag, "PictureNotFound")
      assertEquals((yield* personas.get("mira")).profile_pic, null)
    })
  )
})
