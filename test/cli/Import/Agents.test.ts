import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertInclude, assertMatch, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { bytesOf, images, pixel } from "../../support/images.ts"
import { setup } from "../../support/Importing.ts"
import * as Original from "../../support/Original.ts"

const { at } = Original
const agent = {
  system_prompt: "x",
  is_critic: 0,
  interrupt_every_turn: 0,
  priority: 0,
  transparent: 0,
  final_response: 0
}
const room = { id: 1, name: "Talk", owner_id: "admin", created_at: at(0), is_paused: 1 }

const seated = `SELECT agents.name FROM room_agents JOIN agents ON agents.id = agent_id ORDER BY agents.name`

describe("Agents that only the original's database has", () => {
  it.scopedLive("become folders with their texts, picture and flags, and keep their seats and their words", () =>
    Effect.gen(function* () {
      const { file, fs, here, query, run } = yield* setup
      Original.later(file, {
        agents: [
          {
            ...agent,
            id: 1,
            name: "Bo",
            group: "G",
            profile_pic: `data:image/png;base64,${pixel}`,
            in_a_nutshell: "Bo keeps bees.",
            characteristics: "Bo is calm.",
            recent_events: "- It rained.",
            interrupt_every_turn: 1,
            priority: 7,
            transparent: 1,
            final_response: 1
          },
          {
            ...agent,
            id: 2,
            name: "Judge",
            config_file: "agents/group_H/Judge",
            in_a_nutshell: "The judge listens.",
            is_critic: 1
          }
        ],
        rooms: [room],
        room_agents: [
          { room_id: 1, agent_id: 1, joined_at: at(1) },
          { room_id: 1, agent_id: 2, joined_at: null }
        ],
        messages: [{ id: 1, room_id: 1, role: "assistant", agent_id: 1, content: "Buzz", timestamp: at(2) }]
      })

      const report = yield* run()
      const again = yield* run()

      const read = (name: string) => fs.readFileString(`${here.AGENTS_DIR}/${name}`)
      assertEquals(yield* read("group_G/Bo/in_a_nutshell.md"), "Bo keeps bees.\n")
      assertEquals(yield* read("group_G/Bo/characteristics.md"), "Bo is calm.\n")
      assertEquals(yield* read("group_G/Bo/recent_events.md"), "- It rained.\n")
      deepStrictEqual(yield* fs.readFile(`${here.AGENTS_DIR}/group_G/Bo/profile.png`), Buffer.from(bytesOf(pixel)))
      deepStrictEqual(yield* query(seated), [["Bo"], ["Judge"]])
      deepStrictEqual(
        yield* query(`SELECT name, is_critic, interrupt_every_turn, priority, transparent, final_response, "group"
          FROM agents WHERE name IN ('Bo', 'Judge') ORDER BY name`),
        [
          ["Bo", 0, 1, 7, 1, 1, "G"],
          ["Judge", 1, 0, 0, 0, 0, "H"]
        ]
      )
      deepStrictEqual(
        yield* query("SELECT agent_name, agents.name FROM messages JOIN agents ON agents.id = agent_id"),
        [["Bo", "Bo"]]
      )
      assertInclude(report, "2  agents out of the database")
      assertMatch(again, /^nothing new/)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("get a name that a folder can have, always the same one, and never another agent's folder", () =>
    Effect.gen(function* () {
      const { fs, file, here, put, query, run } = yield* setup
      yield* put("Mr Smith/in_a_nutshell.md", "Another one.", here.AGENTS_DIR)
      const names = ["../../Mr/Smith", "ada", "O'Brien 🎉", "🎉", "group_x", "n".repeat(3000), "a\nb", "", "Mr/Smith"]
      Original.later(file, {
        agents: names.map((name, i) => ({ ...agent, id: i + 1, name, in_a_nutshell: `Number ${i}.` })),
        rooms: [room],
        room_agents: names.map((_, i) => ({ room_id: 1, agent_id: i + 1, joined_at: null })),
        messages: names.map((_, i) => ({
          id: i + 1,
          room_id: 1,
          role: "assistant",
          agent_id: i + 1,
          content: `I am ${i}`,
          timestamp: at(i)
        }))
      })

      const report = yield* run()
      const once = (yield* fs.readDirectory(here.AGENTS_DIR)).toSorted()
      yield* run()

      deepStrictEqual(once, [
        "Ada",
        "Mr Smith",
        "Mr Smith 2",
        "Mr Smith 3",
        "O Brien",
        "a b",
        "ada 2",
        "agent",
        "agent group_x",
        "critic",
        "n".repeat(60)
      ])
      deepStrictEqual((yield* fs.readDirectory(here.AGENTS_DIR)).toSorted(), once)
      assertEquals(yield* fs.readFileString(`${here.AGENTS_DIR}/Mr Smith/in_a_nutshell.md`), "Another one.")
      assertEquals((yield* query(seated)).length, 8)
      deepStrictEqual(
        (yield* query(
          "SELECT content, agents.name FROM messages LEFT JOIN agents ON agents.id = agent_id ORDER BY messages.id"
        ))
          .map(([content, name]) => `${content}: ${name}`)
          .filter((line) => /[0128]:/.test(line)),
        ["I am 0: Mr Smith 2", "I am 1: ada 2", "I am 2: O Brien", "I am 8: Mr Smith 3"]
      )
      deepStrictEqual(
        yield* query("SELECT agent_name, agent_display_name FROM messages WHERE content IN ('I am 0', 'I am 2')"),
        [
          ["Mr Smith 2", "../../Mr/Smith"],
          ["O Brien", "O'Brien 🎉"]
        ]
      )
      deepStrictEqual(yield* query("SELECT display_name FROM agents WHERE name IN ('O Brien', 'Ada')"), [
        [null],
        ["O'Brien 🎉"]
      ])
      assertInclude(report, "O'Brien 🎉 is O Brien here")
      assertInclude(report, "1  agents without a name")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("do not come back when they were removed here, unless that is asked for", () =>
    Effect.gen(function* () {
      const { file, fs, here, put, run, there } = yield* setup
      yield* put("agents/Cy/in_a_nutshell.md", "Cy cycles.")
      Original.later(file, { agents: [{ ...agent, id: 1, name: "Bo", in_a_nutshell: "Bo keeps bees." }], rooms: [] })
      const isHere = (name: string) => fs.exists(`${here.AGENTS_DIR}/${name}`)

      yield* run()
      const first = [yield* isHere("Bo"), yield* isHere("Cy")]
      for (const name of ["Bo", "Cy"]) yield* fs.remove(`${here.AGENTS_DIR}/${name}`, { recursive: true })
      yield* Effect.sync(() => Original.retire(`${here.DATA_DIR}/parley.db`, ["Bo", "Cy"]))
      const again = yield* run()
      const second = [yield* isHere("Bo"), yield* isHere("Cy")]
      yield* run(there, true)

      deepStrictEqual(
        [first, second, [yield* isHere("Bo"), yield* isHere("Cy")]],
        [
          [true, true],
          [false, false],
          [true, true]
        ]
      )
      assertInclude(again, "2  agents that were removed here")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("a folder that is here keeps every word, and is told the flags of which it says nothing", () =>
    Effect.gen(function* () {
      const { file, fs, here, put, query, run } = yield* setup
      yield* put("Ada/agent_config.yaml", "# mine\npriority: 2\n", here.AGENTS_DIR)
      yield* put("house_config.yaml", "critic: false\n", here.AGENTS_DIR)
      yield* put("group_G/group_config.yaml", "transparent: false\n", here.AGENTS_DIR)
      yield* put("group_G/Bo/in_a_nutshell.md", "Bo keeps bees.", here.AGENTS_DIR)
      Original.later(file, {
        agents: [
          { ...agent, id: 1, name: "Ada", in_a_nutshell: "Other.", priority: 9, final_response: 1 },
          { ...agent, id: 2, name: "Bo", group: "G", in_a_nutshell: "Other.", transparent: 1, interrupt_every_turn: 1 },
          { ...agent, id: 3, name: "critic", in_a_nutshell: "Other.", is_critic: 1 }
        ],
        rooms: []
      })

      const report = yield* run()
      const again = yield* run()

      const read = (name: string) => fs.readFileString(`${here.AGENTS_DIR}/${name}`)
      assertEquals(yield* read("Ada/agent_config.yaml"), "# mine\npriority: 2\nfinal_response: true\n")
      assertEquals(yield* read("group_G/Bo/agent_config.yaml"), "interrupt_every_turn: true\n")
      assertEquals(yield* read("group_G/Bo/in_a_nutshell.md"), "Bo keeps bees.")
      deepStrictEqual(
        yield* query(
          "SELECT name, priority, final_response, interrupt_every_turn, transparent FROM agents WHERE name <> 'critic' ORDER BY name"
        ),
        [
          ["Ada", 2, 1, 0, 0],
          ["Bo", 0, 0, 1, 0]
        ]
      )
      assertInclude(report, "2  flags of agents\n")
      assertInclude(report, "3  flags of agents of whom their folders say otherwise: Ada; Bo; critic")
      assertMatch(again, /^nothing new/)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("a picture is taken out of the original's folder by its name alone, and by what its bytes are", () =>
    Effect.gen(function* () {
      const { file, fs, here, put, run, there } = yield* setup
      const gif = bytesOf(images["image/gif"])
      yield* put("secret.gif", gif)
      yield* put("agents/notes.txt", "none")
      yield* put("agents/Bo.gif", gif)
      yield* put("agents/Cy/profile.png", gif)
      yield* put("agents/group_G/Di/me.webp", "no picture")
      yield* fs.makeDirectory(`${there}/agents/Ed`)
      yield* fs.symlink(`${there}/secret.gif`, `${there}/agents/Ed/me.gif`)
      const pictures = {
        Bo: "Bo.gif",
        Cy: null,
        Di: "me.webp",
        Ed: "me.gif",
        Fi: "../secret.gif",
        Hi: "../Bo.gif",
        Gi: "data:image/svg+xml;base64,PHN2Zz4="
      }
      Original.later(file, {
        agents: Object.entries(pictures).map(([name, profile_pic], i) => ({
          ...agent,
          id: i + 1,
          name,
          group: name === "Di" ? "G" : null,
          profile_pic,
          in_a_nutshell: "Here."
        })),
        rooms: []
      })

      const report = yield* run()

      const shown = yield* Effect.forEach(["Bo", "Cy", "group_G/Di", "Ed", "Fi", "Hi", "Gi"], (name) =>
        fs.exists(`${here.AGENTS_DIR}/${name}/profile.gif`)
      )
      deepStrictEqual(shown, [true, true, false, false, false, false, false])
      assertInclude(report, "4  agents' pictures that are not there: Di; Ed; Fi; …")
      assertInclude(report, "1  agents' pictures that cannot be read or are too large: Gi")
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
