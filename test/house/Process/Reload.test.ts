import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertFalse, assertInclude, assertMatch, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { login } from "../../support/Caller.ts"
import { home, layer, patience, serve, withPassword } from "../../support/Process.ts"
import * as Receiver from "../../support/Receiver.ts"

describe("a reload", () => {
  it.scopedLive(
    "takes over what can change, names what waits for a restart, and leaves all as it was when a value is bad",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* home
        const settings = (lines: ReadonlyArray<string>) => fs.writeFileString(`${folder}/.env`, lines.join("\n"))
        yield* settings(["CACHE_CAPACITY=500", "OPENAI_API_KEY=sk-first", "TRACE_SAMPLE_RATIO=0"])
        const agents = `${folder}/agents`
        yield* fs.makeDirectory(`${agents}/Ada`, { recursive: true })
        yield* fs.writeFileString(`${agents}/Ada/in_a_nutshell.md`, "Ada counts.")
        const { endpoint, spans } = yield* Receiver.make()
        const server = yield* serve(folder, {
          ...withPassword,
          AGENTS_DIR: agents,
          RATE_LIMITS: "",
          OTEL_EXPORTER_OTLP_ENDPOINT: endpoint
        })
        const { call } = yield* login(server.base)
        const { data: room } = yield* call("POST", "/rooms", { name: "reloaded", provider: "scripted" })
        const [ada] = (yield* call("GET", "/agents")).data
        yield* call("POST", `/rooms/${room.id}/agents/${ada.id}`)
        const say = Effect.map(
          call("POST", `/rooms/${room.id}/messages/send`, { content: "Hello." }),
          ({ status }) => status
        )
        const reload = call("POST", "/admin/reload")

        const first = yield* reload
        deepStrictEqual([first.status, first.data], [200, { settings: [], agents: 1, problems: [] }])
        strictEqual(yield* say, 200)

        const lines = ["LOG_LEVEL=error", "CACHE_CAPACITY=600", "OPENAI_API_KEY=sk-second", "SEND_PER_MINUTE=1"]
        yield* settings([...lines, "TRACE_SAMPLE_RATIO=0"])
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

        yield* settings(["LOG_LEVEL=info", "SEND_PER_MINUTE=1", "JAEGER_UI_URL=http://jaeger.test"])
        const fourth = yield* reload
        deepStrictEqual(fourth.data.settings, [
          { name: "OPENAI_API_KEY", from: "<redacted>", to: "", applied: false },
          { name: "CACHE_CAPACITY", from: "500", to: "10000", applied: false },
          { name: "LOG_LEVEL", from: "error", to: "info", applied: true },
          { name: "TRACE_SAMPLE_RATIO", from: "0", to: "1", applied: true },
          { name: "JAEGER_UI_URL", from: "", to: "http://jaeger.test", applied: true }
        ])
        const [round] = (yield* call("GET", `/rooms/${room.id}/rounds`)).data
        const { data: told } = yield* call("GET", `/rooms/${room.id}/rounds/${round.id}`)
        assertMatch(told.cause_trace_url, /^http:\/\/jaeger\.test\/trace\/[0-9a-f]{32}$/)
        assertFalse(/sk-(first|second)/.test(server.text.stdout))
        // Of the three that were good, the second was not to be logged.
        strictEqual(server.text.stdout.match(/settings were read again/g)?.length, 2)

        yield* server.signal("SIGTERM")
        yield* server.ended
        const requests = (yield* spans).map(({ name }) => name).filter((name) => /^(?:GET|POST) /.test(name))
        deepStrictEqual(requests, ["GET /rooms/{room_id}/rounds", "GET /rooms/{room_id}/rounds/{round_id}"])
      }).pipe(Effect.provide(layer)),
    patience
  )
})
