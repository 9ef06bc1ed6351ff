import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { stringify } from "../../src/lib/json.ts"
import { login } from "../support/Caller.ts"
import * as ChatApi from "../support/ChatApi.ts"
import { launch, whyNoChromium } from "../support/chromium.ts"
import * as MessagesApi from "../support/MessagesApi.ts"
import { home, layer as processes, patience, serve, withPassword } from "../support/Process.ts"
import { enter } from "../support/Site.ts"

const { answer, refuse, refuseSaying, text } = ChatApi
const scripted = "Ada speaks by her lines."

/** Who speaks with what, as their folders say. */
const folk = {
  Ada: `provider: scripted\n`,
  Bo: `provider: anthropic\nmax_output_tokens: 512\n`,
  Cy: `provider: plain\ntemperature: 0.3\n`,
  Di: `provider: odd\nmodel: thinker\n`,
  Eli: `provider: odd\n`
}

describe.skipIf(whyNoChromium !== "")("a room of five agents on four providers", () => {
  it.scopedLive(
    "talks through the page, each with its own, however odd its endpoint",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const anthropic = yield* MessagesApi.make(MessagesApi.answer(MessagesApi.text("Bo speaks by Messages.")))
        const plain = yield* ChatApi.make(answer(text("Cy speaks without tools.")))
        const odd = yield* ChatApi.make(answer(text("<thi", "nk>They must not see this.</think>Odd, but here.")))
        yield* plain.reply(refuseSaying(400, { error: { message: "plain does not support tools" } }))
        yield* odd.reply(refuse(429, { "retry-after": "1" }))

        const folder = yield* home
        for (const [name, config] of Object.entries(folk)) {
          yield* fs.makeDirectory(`${folder}/agents/${name}`, { recursive: true })
          yield* fs.writeFileString(`${folder}/agents/${name}/agent_config.yaml`, config)
          const lines = `${name} is polite.\n\n## Lines\n\n- ${scripted}\n`
          yield* fs.writeFileString(`${folder}/agents/${name}/characteristics.md`, lines)
        }
        const { base } = yield* serve(folder, {
          ...withPassword,
          AGENTS_DIR: `${folder}/agents`,
          ANTHROPIC_API_KEY: "sk-test-not-a-real-key",
          ANTHROPIC_BASE_URL: anthropic.url,
          DEFAULT_PROVIDER: "scripted",
          OPENAI_ENDPOINTS: stringify([
            { name: "plain", url: plain.url, model: "small" },
            { name: "odd", url: odd.url, key: "sk-test-another", model: "usual" }
          ])
        })
        const { call } = yield* login(base)
        const { data: room } = yield* call("POST", "/rooms", {
          name: "five",
          turn_policy: "concurrent",
          max_follow_ups: 0
        })
        for (const { id } of (yield* call("GET", "/agents")).data) yield* call("POST", `/rooms/${room.id}/agents/${id}`)

        const { faults, on } = yield* Effect.flatten(launch)
        const spoken = yield* on(async (page) => {
          await page.goto(`${base}/#room=${room.id}`)
          await enter(page)
          await page.getByLabel("Message", { exact: true }).fill("Good evening, all of you.")
          await page.getByRole("button", { name: "Send" }).click()
          const all = [scripted, "Bo speaks by Messages.", "Cy speaks without tools."]
          await Promise.all(all.map((hasText) => page.locator(".words", { hasText }).waitFor()))
          await page.locator(".words", { hasText: "Odd, but here." }).nth(1).waitFor()
          return page.locator(".words", { hasText: "They must not see this." }).count()
        })
        strictEqual(spoken, 0)
        deepStrictEqual(faults, [])

        const modelsOf = (calls: ReadonlyArray<{ readonly body: string }>) =>
          [...new Set(calls.map(({ body }) => /"model":"([^"]*)"/.exec(body)?.[1]))].toSorted()
        deepStrictEqual(modelsOf(odd.calls), ["thinker", "usual"])
        deepStrictEqual(modelsOf(plain.calls), ["small"])
        deepStrictEqual(
          plain.calls.map(({ body }) => [body.includes('"tools"'), body.includes('"temperature":0.3')]),
          [
            [true, true],
            [false, true]
          ]
        )
        strictEqual(anthropic.calls.length, 1)
        const { data: said } = yield* call("GET", `/rooms/${room.id}/messages`)
        deepStrictEqual(
          said.map(({ agent_name, provider }: Record<string, string>) => `${agent_name} ${provider}`).toSorted(),
          ["Ada scripted", "Bo anthropic", "Cy plain", "Di odd", "Eli odd", "null null"]
        )
      }).pipe(Effect.provide(processes)),
    patience
  )
})
