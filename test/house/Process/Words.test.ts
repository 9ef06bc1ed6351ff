import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInclude, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { stringify } from "../../../src/lib/json.ts"
import { login } from "../../support/Caller.ts"
import * as Api from "../../support/MessagesApi.ts"
import { home, layer, patience, serve, withPassword } from "../../support/Process.ts"
import * as Receiver from "../../support/Receiver.ts"

/** A fruit for each place in which words of a room or of an agent stand. */
const files = {
  "in_a_nutshell.md": "Ada likes apricots.\n",
  "characteristics.md": "Ada grows bilberries.\n",
  "recent_events.md": "Ada has lost her cranberries.\n",
  "consolidated_memory.md": "## [the damson year]\n\nThe elderberries froze.\n"
}
const said = "Tell me about the figs."
const entry = "Somebody asked about greengages."
const answer = "I know a hawthorn."
const fruits = /apricot|bilberr|cranberr|damson|elderberr|\bfigs|greengage|hawthorn/i

/** An error as careless as can be: it repeats all that was asked. */
const repeating: Api.Reply = (response, { body }) =>
  Effect.sync(() => {
    const error = { type: "invalid_request_error", message: `what is this: ${said} ${body}` }
    response.writeHead(400, { "content-type": "application/json" }).end(stringify({ type: "error", error }))
  })

describe("what is said and remembered", () => {
  it.scopedLive(
    "stands in no span, no metric and no line of the log, though tools and errors repeat it",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* home
        const agent = `${folder}/agents/Ada`
        yield* fs.makeDirectory(agent, { recursive: true })
        for (const [name, text] of Object.entries(files)) yield* fs.writeFileString(`${agent}/${name}`, text)
        const api = yield* Api.make(repeating)
        yield* api.reply(
          Api.answer(Api.toolUse("recall", stringify({ subtitle: "the damson year" }))),
          Api.answer(Api.toolUse("memorize", stringify({ memory_entry: entry }))),
          Api.answer(Api.toolUse("recall", stringify({ subtitle: "the greengage year" }))),
          Api.answer(Api.text(answer))
        )
        const { bodies, elsewhere, endpoint, spans } = yield* Receiver.make()
        const server = yield* serve(folder, {
          ...withPassword,
          AGENTS_DIR: `${folder}/agents`,
          ANTHROPIC_API_KEY: "sk-test",
          ANTHROPIC_BASE_URL: api.url,
          OTEL_EXPORTER_OTLP_ENDPOINT: endpoint
        })
        const { call, follow } = yield* login(server.base)
        const { data: room } = yield* call("POST", "/rooms", { name: "orchard", provider: "anthropic" })
        const [ada] = (yield* call("GET", "/agents")).data
        yield* call("POST", `/rooms/${room.id}/agents/${ada.id}`)
        const heard = yield* follow(room.id)
        const ask = (ends: number) =>
          Effect.zipRight(
            call("POST", `/rooms/${room.id}/messages/send`, { content: said }),
            heard.sees(new RegExp(`(?:event: round_ended[^]*){${ends}}`))
          )
        yield* ask(1)
        yield* ask(2)
        yield* server.signal("SIGTERM")
        yield* server.ended

        assertInclude(heard.reader.text, answer)
        assertInclude(api.calls.map(({ body }) => body).join(""), "elderberries")
        const all = yield* spans
        const tools = all.flatMap(({ name }) => (name.startsWith("execute_tool ") ? [name] : []))
        deepStrictEqual(tools, ["execute_tool recall", "execute_tool memorize", "execute_tool recall"])
        const turns = all.filter(({ name }) => name === "invoke_agent Ada").map(({ attributes }) => attributes)
        deepStrictEqual(
          turns.map((it) => [it["parley.turn.outcome"], it["error.type"], it["gen_ai.response.finish_reasons"]]),
          [
            ["replied", undefined, { values: [{ stringValue: "end_turn" }] }],
            ["failed", "InvalidRequest", undefined]
          ]
        )
        const told = [...bodies, ...elsewhere, server.text.stdout, server.text.stderr].join("\n")
        assertInclude(told, "resourceMetrics")
        strictEqual(fruits.exec(told)?.[0], undefined)
      }).pipe(Effect.provide(layer)),
    patience
  )
})
