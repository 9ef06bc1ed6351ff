import { describe } from "@effect/vitest"
import { assertEquals, assertInclude, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { bytesOf, images, png } from "../support/images.ts"
import { refusal, scenario, url } from "../support/AgentsHouse.ts"

describe("an agent made over the API", () => {
  scenario("is a folder, whole, that answers with all that was said of it", ({ create, files, picture, read }) =>
    Effect.gen(function* () {
      const unheeded: object = { backgrounds: "ignored" }
      const made = yield* create({
        name: "미라",
        group: "Harbour",
        profile_pic: url("image/webp"),
        in_a_nutshell: "Mira mends clocks.",
        characteristics: "Slow.\r\nKind.",
        recent_events: "- [2024-05-01] Found a key.",
        priority: 3,
        transparent: true,
        ...unheeded
      })

      deepStrictEqual(
        [made.name, made.group, made.config_file, made.profile_pic, made.session_id],
        ["미라", "Harbour", "agents/group_Harbour/미라", "profile.webp", null]
      )
      deepStrictEqual(
        [made.in_a_nutshell, made.characteristics, made.recent_events, made.priority, made.transparent, made.is_critic],
        ["Mira mends clocks.", "Slow.\nKind.", "- [2024-05-01] Found a key.", 3, true, false]
      )
      assertInclude(made.system_prompt, "Mira mends clocks.")
      deepStrictEqual(yield* files("group_Harbour/미라"), [
        "agent_config.yaml",
        "characteristics.md",
        "in_a_nutshell.md",
        "profile.webp",
        "recent_events.md"
      ])
      assertEquals(yield* read("group_Harbour/미라/agent_config.yaml"), "priority: 3\ntransparent: true\n")
      deepStrictEqual((yield* picture(encodeURIComponent("미라"))).bytes, bytesOf(images["image/webp"]))
      deepStrictEqual(yield* files("."), ["Ada", "group_Bees", "group_Harbour"])
    })
  )

  scenario("keeps a name that no folder can have as what it is called, beside a folder's that is free", (world) =>
    Effect.gen(function* () {
      const { create, files, list, read } = world
      const about = { in_a_nutshell: "M." }
      const made = yield* Effect.forEach(
        ["O'Brien", "Mr. T.", "Smith, John", "レイ・アヤナミ", "山田　花子", 'O"Brien', "¡!"],
        (name) => create({ name, ...about })
      )
      deepStrictEqual(
        made.map(({ display_name, name }) => [name, display_name]),
        [
          ["O Brien", "O'Brien"],
          ["Mr. T", "Mr. T."],
          ["Smith John", "Smith, John"],
          ["レイ アヤナミ", "レイ・アヤナミ"],
          ["山田 花子", null],
          ["O Brien 2", 'O"Brien'],
          ["agent", "¡!"]
        ]
      )
      assertEquals(yield* read("O Brien/agent_config.yaml"), "display_name: O'Brien\n")
      const before = yield* files(".")

      deepStrictEqual(
        yield* Effect.forEach(
          [
            { name: "O’BRIEN" },
            { name: "Cy", display_name: "o'brien" },
            { name: "smith, john" },
            { name: "Cy", display_name: "ada" },
            { name: "ADA" },
            { name: "Cy", display_name: " \u200b" },
            { name: "Cy", display_name: "\u3164" },
            { name: "\u200b" }
          ],
          (body) => refusal(create({ ...body, ...about }))
        ),
        [
          [409, "AgentExists"],
          [409, "AgentExists"],
          [409, "AgentExists"],
          [409, "AgentExists"],
          [409, "AgentExists"],
          [400, "AgentRefused"],
          [400, "AgentRefused"],
          [400, "AgentNameInvalid"]
        ]
      )
      deepStrictEqual(yield* files("."), before)

      const di = yield* create({ name: "Di", display_name: "Dr. Di!", ...about })
      deepStrictEqual([di.name, di.display_name], ["Di", "Dr. Di!"])
      deepStrictEqual((yield* list).find(({ name }) => name === "Di")?.display_name, "Dr. Di!")
    })
  )

  scenario("is one, however many make it at the same time, in whatever group", ({ create, files }) =>
    Effect.gen(function* () {
      const [refused, made] = yield* Effect.partition(
        Array.from({ length: 12 }, (_, at) => (at % 2 ? "A" : "B")),
        (group) => create({ name: "Mira", group, in_a_nutshell: "M." }),
        { concurrency: "unbounded" }
      )

      assertEquals(made.length, 1)
      deepStrictEqual(
        refused.map(({ status, tag }) => [status, tag]),
        Array.from({ length: 11 }, () => [409, "AgentExists"])
      )
      const found = yield* Effect.all([files("group_A"), files("group_B")].map(Effect.orElseSucceed(() => [])))
      deepStrictEqual(found.flat(), ["Mira"])
      deepStrictEqual(yield* refusal(create({ name: "Ada", in_a_nutshell: "Another." })), [409, "AgentExists"])
    })
  )

  scenario("is refused, and nothing is written, where its name, folder, texts or picture will not do", (world) =>
    Effect.gen(function* () {
      const { create, files, fs, agentsDir } = world
      const about = { in_a_nutshell: "M." }
      yield* fs.symlink(`${agentsDir}/..`, `${agentsDir}/group_Out`)
      const before = yield* files(".")
      const outside = yield* files("..")
      const svg = `data:image/svg+xml;base64,${Buffer.from("<svg/>").toString("base64")}`

      const answers = yield* Effect.forEach(
        [
          { name: "../x", ...about },
          { name: "/etc/x", ...about },
          { name: "x\0", ...about },
          { name: "a\\b", ...about },
          { name: ".x", ...about },
          { name: "group_x", ...about },
          { name: "x", group: "..", ...about },
          { name: "x", group: "a/b", ...about },
          { name: "x", group: "Out", ...about },
          { name: "x", config_file: "/etc", ...about },
          { name: "x", config_file: "agents/../x", ...about },
          { name: "x", config_file: "agents/Ada", ...about },
          { name: "x", config_file: "agents/x\0", ...about },
          { name: "x", group: "g", config_file: "agents/x", ...about },
          { name: "x" },
          { name: "x", in_a_nutshell: " \n" },
          { name: "x", ...about, profile_pic: svg },
          { name: "x", ...about, profile_pic: `data:image/png;base64,${png(1025).toString("base64")}` },
          { name: "x", ...about, profile_pic: "data:image/png;base64,????" },
          { name: "x", in_a_nutshell: "a\0b" },
          { name: "x", in_a_nutshell: "a".repeat(10_001) },
          { name: "x".repeat(101), ...about },
          { name: "x", ...about, priority: 1.5 }
        ],
        (body) => refusal(create(body))
      )

      deepStrictEqual(answers, [
        ...Array.from({ length: 6 }, () => [400, "AgentNameInvalid"]),
        ...Array.from({ length: 10 }, () => [400, "AgentRefused"]),
        ...Array.from({ length: 3 }, () => [422, "ImageRefused"]),
        ...Array.from({ length: 4 }, () => [422, "Invalid"])
      ])
      deepStrictEqual(yield* files("."), before)
      deepStrictEqual(yield* files(".."), outside)
    })
  )

  scenario("may name its own folder, whose files count where nothing else is said", ({ agentsDir, create, fs, read }) =>
    Effect.gen(function* () {
      const folder = `${agentsDir}/group_Harbour/Mira`
      yield* fs.makeDirectory(folder, { recursive: true })
      yield* fs.writeFileString(`${folder}/recent_events.md`, "- [2024-05-01] Found a key.")
      yield* fs.writeFileString(`${folder}/consolidated_memory.md`, "## [Key]\nIt was brass.")

      const taken = yield* refusal(create({ name: "Mira", group: "Harbour", in_a_nutshell: "Mira mends clocks." }))
      const empty = yield* refusal(create({ name: "Mira", config_file: "agents/group_Harbour/Mira" }))
      const { group, in_a_nutshell, recent_events } = yield* create({
        name: "Mira",
        config_file: "agents/group_Harbour/Mira",
        in_a_nutshell: "Mira mends clocks."
      })

      deepStrictEqual(
        [taken, empty],
        [
          [409, "AgentExists"],
          [400, "AgentRefused"]
        ]
      )
      deepStrictEqual(
        [group, in_a_nutshell, recent_events],
        ["Harbour", "Mira mends clocks.", "- [2024-05-01] Found a key."]
      )
      assertInclude(yield* read("group_Harbour/Mira/consolidated_memory.md"), "brass")
    })
  )
})

describe("an agent that is read anew", () => {
  scenario("is as its folder is now, or says why it cannot be", ({ agentsDir, ask, fs, idOf }) =>
    Effect.gen(function* () {
      const [ada, bo] = [idOf("Ada"), idOf("Bo")]
      const reload = (agent_id: number) => ask(({ agents }) => agents.reload({ path: { agent_id } }))
      yield* fs.writeFileString(`${agentsDir}/Ada/in_a_nutshell.md`, "Ada builds watches.")
      const fresh = yield* reload(ada)
      yield* fs.writeFileString(`${agentsDir}/Ada/agent_config.yaml`, "priority: high")
      const broken = yield* Effect.flip(reload(ada))
      yield* fs.remove(`${agentsDir}/group_Bees/Bo`, { recursive: true })
      const gone = yield* Effect.flip(reload(bo))

      assertEquals(fresh.in_a_nutshell, "Ada builds watches.")
      deepStrictEqual(
        [broken, gone].map(({ status, tag }) => [status, tag]),
        [
          [400, "PersonaMissing"],
          [400, "PersonaMissing"]
        ]
      )
      assertInclude(broken.message, "priority")
      assertInclude(gone.message, "no such folder")
      deepStrictEqual(yield* refusal(reload(999999)), [404, "AgentNotFound"])
    })
  )
})

describe("an agent that is deleted", () => {
  scenario("is out of sight but not lost, cannot be seated, and can still be removed from where it sat", (world) =>
    Effect.gen(function* () {
      const { agent, ask, create, files, idOf, join, list, room } = world
      const bo = { agent_id: idOf("Bo") }
      const remove = ask(({ agents }) => agents.remove({ path: bo }))
      const [old, fresh] = [yield* room("kept"), yield* room("fresh")]
      const seat = { room_id: old.id, ...bo }
      yield* join(seat)

      const deleted = yield* remove
      const [kept = ""] = yield* files(".removed")
      const answers = yield* Effect.all([
        refusal(agent(bo.agent_id)),
        refusal(join({ room_id: fresh.id, ...bo })),
        refusal(ask(({ agents }) => agents.directRoom({ path: bo }))),
        refusal(remove)
      ])
      const roster = yield* ask(({ rooms }) => rooms.roster({ path: seat }))
      yield* ask(({ rooms }) => rooms.leave({ path: seat }))

      deepStrictEqual(deleted, { message: "Agent deleted successfully" })
      assertInclude(kept, "group_Bees.Bo")
      deepStrictEqual(yield* files(`.removed/${kept}`), ["agent_config.yaml", "in_a_nutshell.md"])
      deepStrictEqual(answers, [
        [404, "AgentNotFound"],
        [404, "RoomOrAgentNotFound"],
        [404, "AgentNotFound"],
        [404, "AgentNotFound"]
      ])
      deepStrictEqual(roster, [])
      deepStrictEqual(
        (yield* list).map(({ name }) => name),
        ["Ada"]
      )
      const again = yield* create({ name: "Bo", in_a_nutshell: "Bo is back." })
      deepStrictEqual([again.id, again.group], [bo.agent_id, null])
    })
  )
})
