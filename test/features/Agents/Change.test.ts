import { describe } from "@effect/vitest"
import { assertEquals, assertInclude, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { bytesOf, images } from "../../support/images.ts"
import * as Puppet from "../../support/Puppet.ts"
import * as Watch from "../../support/Watch.ts"
import { scenario, statusOf } from "../../support/AgentsHouse.ts"

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
    ({ idOf, json, read }) =>
      Effect.gen(function* () {
        const { data: room } = yield* json("POST", "/rooms", { name: "den" })
        yield* json("POST", `/rooms/${room.id}/agents/${idOf("Bo")}`)

        const { data, status } = yield* json("PATCH", `/agents/${idOf("Bo")}`, {
          in_a_nutshell: "Bo keeps doves.",
          recent_events: "- Moved.",
          memory: "ignored"
        })
        const watch = yield* Watch.room(room.id)
        const sent = yield* json("POST", `/rooms/${room.id}/messages/send`, { content: "Hello?" })
        yield* watch.ended

        deepStrictEqual([status, sent.status], [200, 200])
        deepStrictEqual([data.in_a_nutshell, data.recent_events, data.group], ["Bo keeps doves.", "- Moved.", "Bees"])
        assertEquals(yield* read("group_Bees/Bo/in_a_nutshell.md"), "Bo keeps doves.\n")
        assertInclude(prompts[0] ?? "", "Bo keeps doves.")
      }),
    listening
  )

  scenario("is called otherwise, and by its folder's name again, but never as another", ({ idOf, json, read }) =>
    Effect.gen(function* () {
      const change = (name: string, display_name: unknown) => json("PATCH", `/agents/${idOf(name)}`, { display_name })
      const shown = yield* Effect.forEach(["Ada  Lovelace ", null, "ADA", "Ada", "Bo B.", ""], (name) =>
        Effect.map(change(name === "Bo B." ? "Bo" : "Ada", name), ({ data }) => data.display_name)
      )
      deepStrictEqual(shown, ["Ada Lovelace", "Ada Lovelace", "ADA", null, "Bo B.", null])
      assertEquals(yield* read("Ada/agent_config.yaml"), "{}\n")
      assertEquals(yield* read("group_Bees/Bo/agent_config.yaml"), "display_name: Bo B.\n")
      for (const name of ["bo", "bo b.", "\u0007", "x".repeat(101)]) {
        deepStrictEqual(statusOf(yield* change("Ada", name)), [400, "AgentRefused"], name)
      }
    })
  )

  scenario("keeps what is not named, loses what is emptied, and cannot lose all it is", ({ files, idOf, json }) =>
    Effect.gen(function* () {
      const path = `/agents/${idOf("Ada")}`
      const change = (body: object) => json("PATCH", path, body)

      yield* change({ characteristics: "Exact.", recent_events: "- Here." })
      const emptied = yield* change({ in_a_nutshell: "", recent_events: null, profile_pic: null })
      const same = yield* change({ profile_pic: "profile.png" })
      for (const profile_pic of ["a picture of Ada", "https://example.org/ada", "/ada.png"]) {
        deepStrictEqual(statusOf(yield* change({ profile_pic })), [400, "AgentRefused"])
      }
      const refused = yield* change({ characteristics: " " })
      const { data } = yield* json("GET", path)

      deepStrictEqual([emptied.status, same.status, statusOf(refused)], [200, 200, [400, "AgentRefused"]])
      deepStrictEqual(
        [data.in_a_nutshell, data.characteristics, data.recent_events, data.profile_pic],
        [null, "Exact.", "- Here.", null]
      )
      deepStrictEqual(yield* files("Ada"), ["agent_config.yaml", "characteristics.md", "recent_events.md"])
      deepStrictEqual(statusOf(yield* json("PATCH", "/agents/999999", {})), [404, "AgentNotFound"])
    })
  )

  scenario("changes its configuration and leaves alone what else stands in it", (world) =>
    Effect.gen(function* () {
      const { agentsDir, fs, idOf, json, read } = world
      const file = `${agentsDir}/Ada/agent_config.yaml`
      yield* fs.writeFileString(file, "# by hand\npriority: 2\nmemory_scope: shared # all\n")

      const { data } = yield* json("PATCH", `/agents/${idOf("Ada")}`, { priority: -1, is_critic: true })
      yield* fs.writeFileString(file, "priority: [")
      const broken = yield* json("PATCH", `/agents/${idOf("Ada")}`, { priority: 1 })

      deepStrictEqual([data.priority, data.is_critic], [-1, true])
      deepStrictEqual(statusOf(broken), [400, "AgentRefused"])
      assertEquals(yield* read("Ada/agent_config.yaml"), "priority: [")
    })
  )

  scenario("has one picture, by what it is and not by what it is said to be", ({ agentsDir, files, fs, idOf, ...on }) =>
    Effect.gen(function* () {
      yield* fs.writeFile(`${agentsDir}/Ada/profile.png`, bytesOf(images["image/png"]))
      yield* fs.writeFileString(`${agentsDir}/Ada/Profile.SVG`, "<svg/>")
      const before = yield* on.picture("Ada")

      const { data } = yield* on.json("PATCH", `/agents/${idOf("Ada")}`, {
        profile_pic: `data:image/png;base64,${images["image/gif"]}`
      })
      const after = yield* on.picture("Ada", {}, "?size=64")
      const again = yield* on.picture("Ada", { "if-none-match": after.headers["etag"] ?? "" })
      const other = yield* on.picture("Ada", { "if-none-match": before.headers["etag"] ?? "" })

      assertEquals(data.profile_pic, "profile.gif")
      deepStrictEqual(yield* files("Ada"), ["agent_config.yaml", "in_a_nutshell.md", "profile.gif"])
      deepStrictEqual([after.status, after.bytes], [200, bytesOf(images["image/gif"])])
      deepStrictEqual(
        [after.headers["cache-control"], after.headers["x-content-type-options"], after.headers["content-type"]],
        ["public, max-age=3600, must-revalidate", "nosniff", "image/gif"]
      )
      deepStrictEqual([again.status, again.bytes.length, other.status], [304, 0, 200])
      assertEquals((yield* on.picture("Ada", {}, "?size=8")).status, 400)
    })
  )

  scenario("has no picture where there is but an SVG", ({ agentsDir, fs, picture }) =>
    Effect.gen(function* () {
      yield* fs.writeFileString(`${agentsDir}/Ada/profile.svg`, "<svg/>")

      assertEquals((yield* picture("Ada")).status, 404)
    })
  )

  scenario("is not found half changed, however many change it at the same time", ({ idOf, json, read }) =>
    Effect.gen(function* () {
      const texts = Array.from({ length: 20 }, (_, at) => `text ${at}`)

      const answers = yield* Effect.forEach(
        texts,
        (text) => json("PATCH", `/agents/${idOf("Ada")}`, { in_a_nutshell: text, characteristics: text }),
        { concurrency: "unbounded" }
      )
      const { data } = yield* json("GET", `/agents/${idOf("Ada")}`)

      assertTrue(answers.every(({ data, status }) => status === 200 && data.in_a_nutshell === data.characteristics))
      assertEquals(yield* read("Ada/in_a_nutshell.md"), `${data.in_a_nutshell}\n`)
      assertEquals(yield* read("Ada/characteristics.md"), `${data.in_a_nutshell}\n`)
    })
  )
})
