import { describe } from "@effect/vitest"
import { assertEquals, assertInclude, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { bytesOf, images } from "../../support/images.ts"
import * as Puppet from "../../support/Puppet.ts"
import * as Watch from "../../support/Watch.ts"
import { refusal, scenario } from "../../support/AgentsHouse.ts"

describe("an agent that is changed", () => {
  const prompts: Array<string> = []
  const listening = Puppet.make({
    act: (call) => {
      prompts.push(call.spec.systemPrompt)
      return Puppet.skip(call)
    }
  })
  scenario(
    "writes its own files, and speaks as changed in its next turn",
    ({ ask, change, idOf, join, read, room }) =>
      Effect.gen(function* () {
        const { id } = yield* room("den")
        const path = { room_id: id }
        yield* join({ ...path, agent_id: idOf("Bo") })

        const { group, in_a_nutshell, recent_events } = yield* change(idOf("Bo"), {
          in_a_nutshell: "Bo keeps doves.",
          recent_events: "- Moved.",
          memory: "ignored"
        })
        const watch = yield* Watch.room(id)
        yield* ask(({ messages }) => messages.send({ path, payload: { content: "Hello?" } }))
        yield* watch.ended

        deepStrictEqual([in_a_nutshell, recent_events, group], ["Bo keeps doves.", "- Moved.", "Bees"])
        assertEquals(yield* read("group_Bees/Bo/in_a_nutshell.md"), "Bo keeps doves.\n")
        assertInclude(prompts[0] ?? "", "Bo keeps doves.")
      }),
    listening
  )

  scenario("is called otherwise, and by its folder's name again, but never as another", ({ change, idOf, read }) =>
    Effect.gen(function* () {
      const call = (name: string, display_name: string | null) => change(idOf(name), { display_name })
      const shown = yield* Effect.forEach(["Ada  Lovelace ", null, "ADA", "Ada", "Bo B.", ""], (name) =>
        Effect.map(call(name === "Bo B." ? "Bo" : "Ada", name), ({ display_name }) => display_name)
      )
      deepStrictEqual(shown, ["Ada Lovelace", null, "ADA", null, "Bo B.", null])
      assertEquals(yield* read("Ada/agent_config.yaml"), "{}\n")
      assertEquals(yield* read("group_Bees/Bo/agent_config.yaml"), "display_name: Bo B.\n")
      for (const name of ["bo", "bo b.", "\u0007", "x".repeat(101)]) {
        deepStrictEqual(yield* refusal(call("Ada", name)), [400, "AgentRefused"], name)
      }
    })
  )

  scenario(
    "keeps what is not named, loses what is emptied, and cannot lose all it is",
    ({ agent, change, files, idOf }) =>
      Effect.gen(function* () {
        const ada = idOf("Ada")

        yield* change(ada, { characteristics: "Exact.", recent_events: "- Here." })
        yield* change(ada, { in_a_nutshell: "", recent_events: null, profile_pic: null })
        yield* change(ada, { profile_pic: "profile.png" })
        for (const profile_pic of ["a picture of Ada", "https://example.org/ada", "/ada.png"]) {
          deepStrictEqual(yield* refusal(change(ada, { profile_pic })), [400, "AgentRefused"])
        }
        deepStrictEqual(yield* refusal(change(ada, { characteristics: " " })), [400, "AgentRefused"])
        const { characteristics, in_a_nutshell, profile_pic, recent_events } = yield* agent(ada)

        deepStrictEqual([in_a_nutshell, characteristics, recent_events, profile_pic], [null, "Exact.", "- Here.", null])
        deepStrictEqual(yield* files("Ada"), ["agent_config.yaml", "characteristics.md", "recent_events.md"])
        deepStrictEqual(yield* refusal(change(999999, {})), [404, "AgentNotFound"])
      })
  )

  scenario("changes its configuration and leaves alone what else stands in it", (world) =>
    Effect.gen(function* () {
      const { agentsDir, change, fs, idOf, read } = world
      const file = `${agentsDir}/Ada/agent_config.yaml`
      yield* fs.writeFileString(file, "# by hand\npriority: 2\nmemory_scope: shared # all\n")

      const { is_critic, priority } = yield* change(idOf("Ada"), { priority: -1, is_critic: true })
      yield* fs.writeFileString(file, "priority: [")
      const broken = yield* refusal(change(idOf("Ada"), { priority: 1 }))

      deepStrictEqual([priority, is_critic], [-1, true])
      deepStrictEqual(broken, [400, "AgentRefused"])
      assertEquals(yield* read("Ada/agent_config.yaml"), "priority: [")
    })
  )

  scenario(
    "has one picture, by what it is and not by what it is said to be",
    ({ agentsDir, change, files, fs, idOf, picture }) =>
      Effect.gen(function* () {
        yield* fs.writeFile(`${agentsDir}/Ada/profile.png`, bytesOf(images["image/png"]))
        yield* fs.writeFileString(`${agentsDir}/Ada/Profile.SVG`, "<svg/>")
        const before = yield* picture("Ada")

        const { profile_pic } = yield* change(idOf("Ada"), {
          profile_pic: `data:image/png;base64,${images["image/gif"]}`
        })
        const after = yield* picture("Ada", {}, "?size=64")
        const again = yield* picture("Ada", { "if-none-match": after.headers["etag"] ?? "" })
        const other = yield* picture("Ada", { "if-none-match": before.headers["etag"] ?? "" })

        assertEquals(profile_pic, "profile.gif")
        deepStrictEqual(yield* files("Ada"), ["agent_config.yaml", "in_a_nutshell.md", "profile.gif"])
        deepStrictEqual([after.status, after.bytes], [200, bytesOf(images["image/gif"])])
        deepStrictEqual(
          [after.headers["cache-control"], after.headers["x-content-type-options"], after.headers["content-type"]],
          ["public, max-age=3600, must-revalidate", "nosniff", "image/gif"]
        )
        deepStrictEqual([again.status, again.bytes.length, other.status], [304, 0, 200])
        assertEquals((yield* picture("Ada", {}, "?size=8")).status, 400)
      })
  )

  scenario("has no picture where there is but an SVG", ({ agentsDir, fs, picture }) =>
    Effect.gen(function* () {
      yield* fs.writeFileString(`${agentsDir}/Ada/profile.svg`, "<svg/>")

      assertEquals((yield* picture("Ada")).status, 404)
    })
  )

  scenario("is not found half changed, however many change it at the same time", ({ agent, change, idOf, read }) =>
    Effect.gen(function* () {
      const texts = Array.from({ length: 20 }, (_, at) => `text ${at}`)

      const answers = yield* Effect.forEach(
        texts,
        (text) => change(idOf("Ada"), { in_a_nutshell: text, characteristics: text }),
        { concurrency: "unbounded" }
      )
      const { in_a_nutshell } = yield* agent(idOf("Ada"))

      assertTrue(answers.every((answer) => answer.in_a_nutshell === answer.characteristics))
      assertEquals(yield* read("Ada/in_a_nutshell.md"), `${in_a_nutshell}\n`)
      assertEquals(yield* read("Ada/characteristics.md"), `${in_a_nutshell}\n`)
    })
  )
})
