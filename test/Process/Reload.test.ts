import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertFalse, assertInclude, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { login } from "../support/Caller.ts"
import { home, layer, patience, serve, withPassword } from "../support/Process.ts"

describe("a reload", () => {
  it.scopedLive(
    "takes over what can change, names what waits for a restart, and leaves all as it was when a value is bad",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* home
        const settings = (lines: ReadonlyArray<string>) => fs.writeFileString(`${folder}/.env`, lines.join("\n"))
        yield* settings(["CACHE_CAPACITY=500", "OPENAI_API_KEY=sk-first"])
        const agents = `${folder}/agents`
        yield* fs.makeDirectory(`${agents}/Ada`, { recursive: true })
        yield* fs.writeFileString(`${agents}/Ada/in_a_nutshell.md`, "Ada counts.")
        const server = yield* serve(folder, { ...withPassword, AGENTS_DIR: agents, RATE_LIMITS: "" })
        const { call } = yield* login(server.base)
        const { data: room } = yield* call("POST", "/rooms", { name: "reloaded" })
        const say = Effect.map(
          call("POST", `/rooms/${room.id}/messages/send`, { content: "Hello." }),
          ({ status }) => status
        )
        const reload = call("POST", "/admin/reload")

        const first = yield* reload
        deepStrictEqual([first.status, first.data], [200, { settings: [], agents: 1, problems: [] }])
        strictEqual(yield* say, 200)

        yield* settings(["LOG_LEVEL=error", "CACHE_CAPACITY=600", "OPENAI_API_KEY=sk-second", "SEND_PER_MINUTE=1"])
        yield* fs.writeFileString(`${agents}/house_config.yaml`, "tools: [skip]")
        const second = yield* reload
        const changes = [
          { name: "SEND_PER_MINUTE", from: "60", to: "1", applied: true },
          { name: "OPENAI_API_KEY", from: "<redacted>", to: "<redacted>", applied: false },
          { name: "CACHE_CAPACITY", from: "500", to: "600", applied: false },
          { name: "LOG_LEVEL", from: "info", to: "error", applied: true }
        ]
        deepStrictEqual(second.data.settings, changes)
        assertInclude(second.data.problems[0].problem, "house_config.yaml: tools")
        assertInclude(second.data.problems[0].problem, "the last good version is in use")
        deepStrictEqual([yield* say, yield* say].includes(429), true)

        yield* settings(["LOG_LEVEL=loud", "SEND_PER_MINUTE=0", "CONTEXT_WINDOW=7"])
        const third = yield* reload
        deepStrictEqual([third.status, third.data._tag, third.data.problems.length], [400, "ReloadRefused", 2])
        assertInclude(third.data.detail, 'LOG_LEVEL: expected debug or info or warning or error, found "loud"')

        yield* settings(["LOG_LEVEL=info", "SEND_PER_MINUTE=1"])
        const fourth = yield* reload
        deepStrictEqual(fourth.data.settings, [
          { name: "OPENAI_API_KEY", from: "<redacted>", to: "", applied: false },
          { name: "CACHE_CAPACITY", from: "500", to: "10000", applied: false },
          { name: "LOG_LEVEL", from: "error", to: "info", applied: true }
        ])
        assertFalse(/sk-(first|second)/.test(server.text.stdout))
        // Of the three that were good, the second was not to be logged.
        strictEqual(server.text.stdout.match(/settings were read again/g)?.length, 2)
      }).pipe(Effect.provide(layer)),
    patience
  )
})
