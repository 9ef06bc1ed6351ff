import type { PlatformError } from "@effect/platform/Error"
import { describe } from "@effect/vitest"
import { assertEquals, assertInclude, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { scenario, type World } from "../../support/PersonasWorld.ts"

describe("Personas, when something is broken", () => {
  scenario("a file that changes while it is read is read again", ({ nutshell, spy, write }) =>
    Effect.gen(function* () {
      yield* write("mira/in_a_nutshell.md", "Mira wi")
      spy.onRead = () => {
        spy.onRead = () => Effect.void
        return write("mira/in_a_nutshell.md", "Mira winds clocks.")
      }

      assertEquals(yield* nutshell("mira"), "Mira winds clocks.")
    })
  )

  scenario("a file that never stops changing leaves the last good persona", ({ nutshell, problem, spy, write }) =>
    Effect.gen(function* () {
      let turn = 0
      yield* write("mira/in_a_nutshell.md", "Mira")
      spy.onRead = (path) =>
        path.endsWith("in_a_nutshell.md") ? write("mira/in_a_nutshell.md", `Mira ${turn++}`) : Effect.void

      assertEquals(yield* nutshell("mira"), "Mira mends clocks.")
      assertEquals(yield* problem("agents/mira"), "changes while it is being read; the last good version is in use")
      spy.onRead = () => Effect.void
      assertEquals(yield* nutshell("mira"), `Mira ${turn - 1}`)
      assertEquals(yield* problem("agents/mira"), null)
    })
  )

  scenario("what of a configuration means nothing is told, and the agent is in use", ({ fs, at, personas, write }) =>
    Effect.gen(function* () {
      const warnings = Effect.map(personas.report, (all) => all.map((it) => [it.name, it.problem, it.warnings]))
      yield* write("house_config.yaml", "priority: 1\nmodle: big\n")
      yield* write(
        "mira/agent_config.yaml",
        "Critic: true\nprompt: { rule: x }\ntools: { skipp: { enabled: false }, skip: { enable: no } }\n"
      )
      yield* write("mira/agent_config.yml", "critic: true\n")
      const ofHouse = "house_config.yaml: there is no key modle"
      deepStrictEqual(yield* warnings, [
        ["tom", null, [ofHouse]],
        [
          "mira",
          null,
          [
            "agent_config.yml is not read: the file's name is agent_config.yaml",
            ofHouse,
            "agent_config.yaml: there is no key Critic",
            "agent_config.yaml: there is no key prompt.rule",
            "agent_config.yaml: there is no key tools.skip.enable",
            "agent_config.yaml: there is no tool skipp"
          ]
        ]
      ])
      assertEquals((yield* personas.get("mira")).is_critic, false)

      yield* fs.remove(at("mira/agent_config.yml"))
      yield* write("house_config.yaml", "priority: 1\n")
      yield* write("mira/agent_config.yaml", "tools: { skip: { enabled: no } }\n")
      deepStrictEqual(
        (yield* warnings).map(([, , all]) => all),
        [[], []]
      )
    })
  )

  scenario(
    "a configuration under another name is noticed when it comes and when it goes",
    ({ at, fs, personas, write }) =>
      Effect.gen(function* () {
        const warned = Effect.map(personas.report, (all) =>
          all.map((it) => it.warnings.map((text) => text.split(" ")[0]))
        )
        deepStrictEqual(yield* warned, [[], []])
        yield* write("mira/Config.JSON", "{}")
        yield* write("group_harbour/group_config.yml", "")
        deepStrictEqual(yield* warned, [["group_config.yml"], ["Config.JSON"]])
        yield* write("house_config.yml", "")
        yield* fs.remove(at("mira/Config.JSON"))
        deepStrictEqual(yield* warned, [["group_config.yml", "house_config.yml"], ["house_config.yml"]])
      })
  )

  scenario("a file that was emptied just now is not believed yet", ({ personas, write }) =>
    Effect.gen(function* () {
      yield* write("mira/characteristics.md", "", "now")
      const during = yield* personas.get("mira")
      yield* write("mira/characteristics.md", "", 1_650_000_000)
      const after = yield* personas.get("mira")

      assertEquals(during.characteristics, "Mira speaks slowly.")
      assertEquals(after.characteristics, null)
    })
  )

  const breakages: ReadonlyArray<readonly [string, string, (world: World) => Effect.Effect<void, PlatformError>]> = [
    [
      "neither UTF-8 nor CP949",
      "in_a_nutshell.md is neither",
      ({ write }) => write("mira/in_a_nutshell.md", Uint8Array.of(0xff, 0xfe, 0x41, 0x00))
    ],
    ["too large", "has more than 256 KB", ({ write }) => write("mira/in_a_nutshell.md", "x".repeat(256 * 1024 + 1))],
    [
      "without text",
      "hold no text",
      ({ at, fs, write }) =>
        Effect.zipRight(write("mira/in_a_nutshell.md", " \n"), fs.remove(at("mira/characteristics.md")))
    ],
    ["broken YAML", "agent_config.yaml is not valid YAML", ({ write }) => write("mira/agent_config.yaml", "a: [1,")],
    ["a wrong value", "agent_config.yaml: priority", ({ write }) => write("mira/agent_config.yaml", "priority: high")],
    [
      "a folder instead of a file",
      "is not a regular file",
      ({ at, fs }) =>
        Effect.zipRight(fs.remove(at("mira/in_a_nutshell.md")), fs.makeDirectory(at("mira/in_a_nutshell.md")))
    ],
    ["a link that leads nowhere", "leads nowhere", ({ at, fs }) => fs.symlink("gone.md", at("mira/recent_events.md"))],
    [
      "a link to a file outside",
      "leads outside",
      ({ at, fs, home }) =>
        Effect.zipRight(
          fs.writeFileString(`${home}/secret.md`, "a secret"),
          fs.symlink(`${home}/secret.md`, at("mira/recent_events.md"))
        )
    ]
  ]
  for (const [what, reason, breakIt] of breakages) {
    scenario(`${what} leaves the last good persona in use, says so, and can be mended`, (world) =>
      Effect.gen(function* () {
        const before = yield* world.personas.get("mira")
        yield* breakIt(world)
        const during = yield* world.personas.get("mira")
        const said = yield* world.problem("agents/mira")
        yield* world.fs.remove(world.at("mira"), { recursive: true })
        yield* world.write("mira/in_a_nutshell.md", "Mira is back.")

        deepStrictEqual(during, before)
        assertInclude(said ?? "", reason)
        assertInclude(said ?? "", "the last good version is in use")
        assertEquals(yield* world.nutshell("mira"), "Mira is back.")
        assertEquals(yield* world.problem("agents/mira"), null)
      })
    )
  }

  scenario("a folder that was never good is disabled with its reason, and nobody else is", (world) =>
    Effect.gen(function* () {
      yield* world.write("vera/in_a_nutshell.md", Uint8Array.of(0xff, 0xff))
      yield* world.write("zoe/notes.txt", "nothing yet")
      const { detail } = yield* Effect.flip(world.personas.get("vera"))

      assertInclude(detail, "neither UTF-8 nor CP949")
      assertInclude((yield* world.problem("agents/zoe")) ?? "", "hold no text")
      deepStrictEqual(yield* world.names, ["tom", "mira"])
    })
  )

  scenario("a broken group configuration takes down nobody who was there", ({ names, problem, write }) =>
    Effect.gen(function* () {
      yield* write("group_harbour/group_config.yaml", "priority: 1: 2")
      yield* write("group_harbour/ada/characteristics.md", "Ada counts.")

      deepStrictEqual(yield* names, ["tom", "mira"])
      assertInclude((yield* problem("agents/group_harbour/tom")) ?? "", "the last good version is in use")
      assertInclude((yield* problem("agents/group_harbour/ada")) ?? "", "group_config.yaml is not valid YAML")
    })
  )

  scenario("what the house says for all is read from the next turn on, and a mistake in it changes nobody", (world) =>
    Effect.gen(function* () {
      const { personas, problem, write } = world
      const rules = Effect.map(personas.all, (all) => all.map(({ prompt }) => prompt.rules))
      yield* write("house_config.yaml", "prompt: {rules: Be brief.}")
      assertEquals((yield* personas.get("mira")).prompt.rules, "Be brief.")
      deepStrictEqual(yield* rules, ["Be brief.", "Be brief."])

      yield* write("house_config.yaml", "prompt: {rules: [Be brief.]}")
      deepStrictEqual(yield* rules, ["Be brief.", "Be brief."])
      assertInclude((yield* problem("agents/mira")) ?? "", "house_config.yaml: prompt: rules")

      yield* write("house_config.yaml", "priority: 3")
      deepStrictEqual(yield* rules, [undefined, undefined])
      assertEquals(yield* problem("agents/mira"), null)
    })
  )

  scenario("an agents folder that cannot be listed leaves everybody in place", ({ names, spy, write }) =>
    Effect.gen(function* () {
      yield* write("mira/in_a_nutshell.md", "Mira winds clocks.")
      spy.listing = "fails"

      deepStrictEqual(yield* names, ["tom", "mira"])
    })
  )

  scenario("the first of two namesakes is the agent; the other says so", ({ nutshell, problem, write }) =>
    Effect.gen(function* () {
      yield* write("group_attic/mira/in_a_nutshell.md", "Another Mira.")

      assertEquals(yield* problem("agents/mira"), "the name is taken by agents/group_attic/mira")
      assertEquals(yield* nutshell("mira"), "Another Mira.")
    })
  )

  scenario("names that are no names, and links out of the folder, are never read", (world) =>
    Effect.gen(function* () {
      const { at, fs, home, personas, problem, spy, write } = world
      yield* write("mi$ra/in_a_nutshell.md", "No name.")
      yield* write(".hidden/in_a_nutshell.md", "Hidden.")
      yield* write("group_/in_a_nutshell.md", "No group.")
      yield* fs.makeDirectory(`${home}/elsewhere/eve`, { recursive: true })
      yield* fs.writeFileString(`${home}/elsewhere/eve/in_a_nutshell.md`, "From outside.")
      yield* fs.symlink(`${home}/elsewhere/eve`, at("eve"))
      yield* fs.symlink(`${home}/elsewhere`, at("group_eve"))
      spy.reads.length = 0

      deepStrictEqual(yield* world.names, ["tom", "mira"])
      deepStrictEqual(spy.reads, [])
      assertInclude((yield* problem("agents/eve")) ?? "", "leads outside")
      assertInclude((yield* problem("agents/group_eve")) ?? "", "leads outside")
      assertInclude((yield* problem("agents/mi$ra")) ?? "", "a name that agents cannot have")
      assertInclude((yield* problem("agents/group_")) ?? "", "a name that groups cannot have")
      for (const name of ["..", "../mira", "group_harbour/tom", "", "eve"]) {
        assertEquals((yield* Effect.flip(personas.get(name)))._tag, "PersonaMissing")
      }
    })
  )
})
