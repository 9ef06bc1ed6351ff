import { FileSystem, HttpClient } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { stringify } from "../../../src/lib/json.ts"
import { client, login } from "../../support/Caller.ts"
import { listening } from "../../support/listening.ts"
import { home, layer, patience, serve, withPassword } from "../../support/Process.ts"

const endpointKey = "planted-endpoint-key"

const planted = {
  JWT_SECRET: "planted-signing-key",
  ANTHROPIC_API_KEY: "planted-anthropic-key",
  OPENAI_API_KEY: "planted-openai-key",
  METRICS_TOKEN: "planted-metrics-token",
  GUEST_PASSWORD_HASH: withPassword.API_KEY_HASH
}

describe("the secrets of the settings", () => {
  it.scopedLive(
    "stand in no log, no span, no metric, no error, no answer and no file of a room, though vendors repeat them",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const seen: Array<string> = []
        const collector = yield* listening((request, response) => {
          request.setEncoding("utf8").on("data", (chunk: string) => seen.push(chunk))
          request.on("end", () => response.end("{}"))
        })
        const vendor = yield* listening(({ headers }, response) => {
          const words = `the key ${headers["x-api-key"]} of ${headers.authorization} is not known`
          const error = { type: "invalid_request_error", message: words }
          response.writeHead(400, { "content-type": "application/json" }).end(stringify({ error }))
        })
        const server = yield* serve(yield* home, {
          ...withPassword,
          ...planted,
          ANTHROPIC_BASE_URL: vendor.url,
          OPENAI_BASE_URL: vendor.url,
          OPENAI_ENDPOINTS: stringify([{ name: "further", url: vendor.url, key: endpointKey }]),
          DEFAULT_PROVIDER: "anthropic",
          LOG_LEVEL: "debug",
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url
        })
        const { call, follow, token = "" } = yield* login(server.base)
        const stranger = yield* client(server.base, `${token}x`)
        const answers = [yield* stranger.call("GET", "/rooms")]
        const log = yield* follow(1)
        for (const provider of ["anthropic", "openai", "further"]) {
          const { data: room } = yield* call("POST", "/rooms", { name: provider, provider })
          yield* call("POST", `/rooms/${room.id}/agents/1`)
          const own = yield* follow(room.id)
          yield* call("POST", `/rooms/${room.id}/messages/send`, { content: "Hello" })
          yield* own.sees(/event: round_ended/)
          seen.push(own.reader.text)
          for (const path of ["", "/rounds", "/messages", "/usage", "/export"]) {
            answers.push(yield* call("GET", `/rooms/${room.id}${path}`))
          }
          const [round] = (yield* call("GET", `/rooms/${room.id}/rounds`)).data
          answers.push(yield* call("GET", `/rooms/${room.id}/rounds/${round.id}`))
        }
        for (const path of [
          "/providers",
          "/admin/status",
          "/admin/pool",
          "/admin/scheduler",
          "/debug/cache/stats",
          "/agents",
          "/openapi.json"
        ]) {
          answers.push(yield* call("GET", path))
        }
        answers.push(yield* call("POST", "/admin/reload"))
        const authorization = `Bearer ${planted.METRICS_TOKEN}`
        const metrics = yield* HttpClient.get(`${server.base}/metrics`, { headers: { authorization } }).pipe(
          Effect.flatMap(({ text }) => text)
        )
        seen.push(metrics)
        const wrong = yield* stranger.call("POST", "/auth/login", { password: "planted-password" })
        yield* server.signal("SIGTERM")
        yield* server.ended

        const told = [...seen, ...[...answers, wrong].map(({ data }) => stringify(data))].join("\n")
        const everything = `${told}\n${log.reader.text}\n${server.text.stdout}\n${server.text.stderr}`
        assertInclude(told, "is not known")
        for (const sent of ["resourceSpans", "resourceMetrics"]) assertInclude(seen.join(""), sent)
        assertInclude(metrics, "parley_turns_total")
        const secrets = [...Object.values(planted), endpointKey, withPassword.API_KEY_HASH, "planted-password", token]
        deepStrictEqual(
          secrets.filter((secret) => everything.includes(secret)),
          []
        )
        const database = yield* fs.readFile(`${server.folder}/data/parley.db`)
        const stored = Buffer.from(database).toString("latin1")
        deepStrictEqual(
          secrets.filter((secret) => stored.includes(secret)),
          []
        )
        assertTrue(stored.includes("Hello"))
      }).pipe(Effect.provide(layer)),
    patience
  )
})
