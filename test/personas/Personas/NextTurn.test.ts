import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertFalse, assertInclude, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { room } from "../../support/Duo.ts"
import * as House from "../../support/House.ts"
import * as Puppet from "../../support/Puppet.ts"

const puppet = () => Puppet.make({ act: Puppet.skip })

const setup = Effect.fnUntraced(function* (folder: string, { calls }: ReturnType<typeof puppet>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { say, watch } = yield* room({ turn_policy: "mentioned_only", max_follow_ups: 0 })
  const file = (name: string) => path.join(folder, "Ada", name)
  /** The prompt of Ada's next turn; nothing when she has none. */
  const asked = Effect.gen(function* () {
    const before = calls.length
    yield* say("What do you say, @Ada?")
    yield* watch.ended
    return calls
      .slice(before)
      .map(({ spec }) => spec.systemPrompt)
      .join()
  })
  return { fs, file, asked }
})

describe("the turn after a change of the agent's files", () => {
  it.scopedLive("has the text that is there then, and a file that is broken takes nobody's away", () => {
    const speaker = puppet()
    return Effect.gen(function* () {
      const folders = yield* House.folders({ Ada: "Ada builds clocks.", Bo: "Bo keeps bees." })
      const test = Effect.gen(function* () {
        const { asked, file, fs } = yield* setup(folders.AGENTS_DIR, speaker)
        const nutshell = file("in_a_nutshell.md")
        assertInclude(yield* asked, "Ada builds clocks.")

        // Changed, to the same size.
        yield* fs.writeFileString(nutshell, "Ada mends clocks!!")
        assertInclude(yield* asked, "Ada mends clocks!!")

        // Put back, older than what it takes the place of.
        yield* fs.writeFileString(file("before"), "Ada winds clocks..")
        yield* fs.utimes(file("before"), 1_700_000_000, 1_700_000_000)
        yield* fs.rename(file("before"), nutshell)
        assertInclude(yield* asked, "Ada winds clocks..")

        // Added, taken away, and called otherwise.
        yield* fs.writeFileString(file("characteristics.md"), "Ada never hurries.")
        assertInclude(yield* asked, "Ada never hurries.")
        yield* fs.rename(file("characteristics.md"), file("notes.md"))
        const without = yield* asked
        assertFalse(without.includes("Ada never hurries."))
        assertInclude(without, "Ada winds clocks..")

        // Broken: the last that was good.
        yield* fs.writeFileString(file("agent_config.yaml"), "priority: [")
        yield* fs.writeFileString(nutshell, "Ada sells clocks.")
        const broken = yield* asked
        assertInclude(broken, "clocks")
        yield* fs.writeFileString(file("agent_config.yaml"), "priority: 1")
        assertInclude(yield* asked, "Ada sells clocks.")
      })
      const house = House.layer({ settings: folders, providers: [speaker.provider] })
      yield* Effect.provide(test, house)
      assertEquals(speaker.calls.length, 7)
      deepStrictEqual([...speaker.open], [])
    }).pipe(Effect.provide(NodeContext.layer))
  })
})
