import { describe } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { scenario } from "../../support/PersonasWorld.ts"

const called = (name: string) => `display_name: ${JSON.stringify(name)}\n`
const config = "mira/agent_config.yaml"

describe("What an agent is called", () => {
  scenario("is what its own file says, on one line, in any script", ({ personas, write }) =>
    Effect.gen(function* () {
      for (const [given, shown] of [
        ["レイ・アヤナミ", "レイ・アヤナミ"],
        ["山田　花子", "山田 花子"],
        ["  Dr. Strange\n(dry)\u200b ", "Dr. Strange (dry)"],
        ["Jose\u0301", "José"],
        ["🦉", "🦉"],
        ["𝒳".repeat(100), "𝒳".repeat(100)]
      ] as const) {
        yield* write(config, called(given))
        const { display_name, name } = yield* personas.get("mira")
        deepStrictEqual([name, display_name], ["mira", shown])
      }
    })
  )

  scenario("is its folder's name where the given one will not do, and a warning says why", ({ personas, write }) =>
    Effect.gen(function* () {
      const warnings = Effect.map(personas.report, (all) => all.flatMap((it) => it.warnings))
      for (const [text, why] of [
        ["display_name: 7\n", "is no text; put it in quotes"],
        ["display_name: [a, b]\n", "is no text; put it in quotes"],
        [called(" \u200b "), "holds nothing that can be seen"],
        [called("x".repeat(101)), "has more than 100 characters"]
      ] as const) {
        yield* write(config, `priority: 4\n${text}`)
        const { display_name, priority } = yield* personas.get("mira")
        deepStrictEqual([display_name, priority], [null, 4])
        deepStrictEqual(yield* warnings, [`agent_config.yaml: display_name ${why}`])
      }
      yield* write(config, "display_name:\n")
      deepStrictEqual(yield* warnings, [])
    })
  )

  scenario("is no matter of its group or its house", ({ personas, write }) =>
    Effect.gen(function* () {
      yield* write("group_harbour/group_config.yaml", called("Sailor"))
      strictEqual((yield* personas.get("tom")).display_name, null)
      deepStrictEqual(
        (yield* personas.report).flatMap(({ warnings }) => warnings),
        ["group_config.yaml: display_name belongs into agent_config.yaml"]
      )
    })
  )

  scenario("is one agent's: a folder's name goes before it, and then the first folder", ({ at, fs, personas, write }) =>
    Effect.gen(function* () {
      const names = Effect.map(personas.all, (all) => all.map(({ display_name, name }) => display_name ?? name))
      const warnings = Effect.map(personas.report, (all) => all.flatMap((it) => it.warnings))
      yield* write(config, called("ＴＯＭ"))
      deepStrictEqual(yield* names, ["tom", "mira"])
      const { display_name, fingerprint } = yield* personas.get("mira")
      strictEqual(display_name, null)
      deepStrictEqual(yield* warnings, ["agent_config.yaml: display_name is a name of agents/group_harbour/tom"])

      yield* write(config, called("O’Brien"))
      yield* write("group_harbour/tom/agent_config.yaml", called("o'brien"))
      deepStrictEqual(yield* names, ["o'brien", "mira"])
      deepStrictEqual(yield* warnings, ["agent_config.yaml: display_name is a name of agents/group_harbour/tom"])

      yield* fs.remove(at("group_harbour/tom/agent_config.yaml"))
      deepStrictEqual(yield* names, ["tom", "O’Brien"])
      deepStrictEqual(yield* warnings, [])
      strictEqual((yield* personas.get("mira")).fingerprint === fingerprint, false)
    })
  )
})
