import { FileSystem } from "@effect/platform"
import { describe, layer } from "@effect/vitest"
import { assertInclude, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Context, Effect, Layer } from "effect"
import { login } from "../support/Caller.ts"
import { launch, whyNoChromium } from "../support/chromium.ts"
import * as Messages from "../support/MessagesApi.ts"
import { home, layer as processes, patience, serve, tamper, withPassword } from "../support/Process.ts"

const chorus = ["Ada", "Bo", "Cy", "Di"]
/** One of whom writes: what is scripted skips now and then, always the same. */
const critics = ["Quill", "Rune", "Sage", "Tamsin"]
const line = "Thank you so much, that is very kind of you."
const script = `<img src="x" onerror="document.title='broken into'"><script>1</script>`

const write = Effect.fn(function* (folder: string, files: Readonly<Record<string, string>>) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) yield* fs.writeFileString(`${folder}/${name}`, text)
})

const house = Effect.fnUntraced(function* (settings: Readonly<Record<string, string>>) {
  const folder = yield* home
  for (const name of chorus) {
    yield* write(`${folder}/agents/${name}`, { "characteristics.md": `${name} is polite.\n\n## Lines\n\n- ${line}\n` })
  }
  for (const name of critics) {
    yield* write(`${folder}/agents/${name}`, {
      "characteristics.md": "## Lines\n\n- Polite, but not much was said.\n",
      "agent_config.yaml": "critic: true\n"
    })
  }
  const { base } = yield* serve(folder, { ...withPassword, AGENTS_DIR: `${folder}/agents`, ...settings })
  const { call } = yield* login(base)
  return { base, call, folder }
})

type House = Effect.Effect.Success<ReturnType<typeof house>>

/** A browser, and a house of agents who all say the same, and of their critics, for all tests. */
class Shared extends Context.Tag("parley/test/web/Page.test/Shared")<
  Shared,
  { readonly house: House; readonly browse: Effect.Effect.Success<typeof launch> }
>() {
  static readonly layer = Layer.scoped(this, Effect.all({ house: house({}), browse: launch })).pipe(
    Layer.provideMerge(processes),
    Layer.orDie
  )
}

/** A new room of agents who speak at once, and their critics; open in the browser. */
const visitTo = Effect.fnUntraced(function* ({ base, call, folder }: House, about: object, seated: RegExp) {
  const { browse } = yield* Shared
  const room = yield* call("POST", "/rooms", { turn_policy: "concurrent", ...about })
  const id: number = room.data.id
  const agents = yield* call("GET", "/agents")
  for (const agent of agents.data) if (seated.test(agent.name)) yield* call("POST", `/rooms/${id}/agents/${agent.id}`)
  const browser = yield* browse
  yield* browser.on(async (page) => {
    await page.goto(`${base}/#room=${id}`)
    await page.getByLabel("Password").fill("admin")
    await page.getByRole("button", { name: "Enter" }).click()
    await page.getByRole("button", { name: "Continue", exact: true }).waitFor()
  })
  return { ...browser, call, folder, id }
})

/** Four agents who all say the same, and their critics. */
const visit = (name: string) => Effect.flatMap(Shared, ({ house }) => visitTo(house, { name }, /./))

const say =
  (text: string) =>
  async (page: Parameters<Parameters<Effect.Effect.Success<ReturnType<typeof visit>>["on"]>[0]>[0]) => {
    await page.getByLabel("Message", { exact: true }).fill(text)
    await page.getByRole("button", { name: "Send" }).click()
  }

describe.skipIf(whyNoChromium !== "")(`the page${whyNoChromium === "" ? "" : ` (${whyNoChromium})`}`, () => {
  layer(Shared.layer, { excludeTestServices: true, timeout: patience })((it) => {
    it.scoped("shows in the list of rooms when something was last said in the open one", () =>
      Effect.gen(function* () {
        const { house } = yield* Shared
        const { call, id, on } = yield* visitTo(house, { name: "lately" }, /^Ada$/)
        yield* on(async (page) => {
          await say("Hello")(page)
          await page.locator("#scroll").getByText(line).waitFor()
        })
        const { data } = yield* call("GET", `/rooms/${id}/messages?limit=1`)
        yield* on((page) => page.locator(`#rooms [aria-current] time[datetime="${data[0].timestamp}"]`).waitFor())
      })
    )

    it.scoped(
      "saves what people decide about a room, and shows at its field what the server does not take",
      () =>
        Effect.gen(function* () {
          const { call, faults, id, on } = yield* visit("rules")

          const refused = yield* on(async (page) => {
            await page.getByRole("button", { name: "Settings" }).click()
            await page.getByLabel("Replies to one message").fill("many")
            await page.getByRole("button", { name: "Save" }).click()
            const field = page.locator("[aria-invalid]")
            await field.waitFor()
            const about = (await field.getAttribute("aria-describedby")) ?? ""
            const told = await page
              .locator(
                about
                  .split(" ")
                  .map((name) => `#${name}`)
                  .join(", ")
              )
              .allTextContents()
            return { label: await field.evaluate(({ id }) => id), told: told.join() }
          })
          strictEqual(refused.label, "setting-max_messages")
          assertInclude(refused.told, "a whole number from 1 to 1000")

          yield* on(async (page) => {
            await page.getByLabel("Replies to one message").fill("7")
            await page.getByLabel("Order of the agents").selectOption("round_robin")
            await page.getByLabel("US dollars").fill("1.5")
            await page.getByLabel("Model", { exact: true }).and(page.locator("#setting-model")).fill("large")
            await page.getByLabel("The agents may go on without a person").check()
            await page.getByLabel("Seconds of quiet before they do").fill("600")
            await page.getByRole("button", { name: "Save" }).click()
            await page.locator("#settings").waitFor({ state: "hidden" })
          })
          const { data } = yield* call("GET", `/rooms/${id}`)
          deepStrictEqual(
            [data.max_messages, data.turn_policy, data.budget_usd, data.autonomous_every, data.default_model],
            [7, "round_robin", 1.5, 600, "large"]
          )

          yield* on(async (page) => {
            await page.getByRole("button", { name: "Settings" }).click()
            await page.getByLabel("US dollars").fill("")
            await page.locator("#setting-model").fill("")
            await page.getByRole("button", { name: "Save" }).click()
            await page.locator("#settings").waitFor({ state: "hidden" })
          })
          const { data: emptied } = yield* call("GET", `/rooms/${id}`)
          deepStrictEqual([emptied.budget_usd, emptied.default_model], [null, null])
          deepStrictEqual(faults, [])
        }),
      patience
    )

    it.scoped(
      "tells why a round ended, also after a reload and in its place, and lets the agents continue",
      () =>
        Effect.gen(function* () {
          const { call, faults, id, on } = yield* visit("ends")
          const told = `going in circles and was stopped. 4 of the last 5 replies repeat what was said before`

          yield* on(async (page) => {
            await say("Good evening")(page)
            await page.locator("#announcer").getByText(told).waitFor({ state: "attached" })
            await page.reload()
            await page.locator("#messages").getByText(told).waitFor()
          })
          const kinds = yield* on((page) =>
            page.locator("#messages > li").evaluateAll((items) => items.map((item) => item.className))
          )
          // By lot some have nothing to add before the last one speaks.
          const ends = kinds.filter((kind, at) => kind === "message" || at === kinds.length - 1)
          deepStrictEqual(ends, [...Array.from({ length: 6 }, () => "message"), "notice"])

          yield* on((page) => page.getByRole("button", { name: "Continue", exact: true }).click())
          yield* on((page) => page.locator("#messages > li").nth(kinds.length).waitFor())
          deepStrictEqual(
            (yield* call("GET", `/rooms/${id}/rounds`)).data.map(({ kind }: { kind: string }) => kind),
            ["continue", "message"]
          )
          deepStrictEqual(faults, [])
        }),
      patience
    )

    it.scoped(
      "says that the budget paused the room, and where to raise it",
      () =>
        Effect.gen(function* () {
          const { call, id, on } = yield* visit("budget")
          yield* call("PATCH", `/rooms/${id}`, { budget_tokens: 6000 })

          yield* on(async (page) => {
            await say("Good evening to all of you. ".repeat(1000))(page)
            await page.getByText("Paused by the budget.").waitFor()
            await page.reload()
            await page.getByText("Paused by the budget.").waitFor()
            await page.getByRole("button", { name: "Budget" }).click()
            await page.getByLabel("Tokens", { exact: true }).fill("")
            await page.getByRole("button", { name: "Save" }).click()
            await page.getByRole("button", { name: "Resume" }).click()
            await page.getByText(line).first().waitFor()
          })
        }),
      patience
    )

    it.scoped(
      "shows a script as text wherever text comes from somebody",
      () =>
        Effect.gen(function* () {
          const { call, faults, folder, id, on } = yield* visit("scripts")
          yield* on(async (page) => {
            await say(script)(page)
            await page.locator("#messages").getByText("going in circles and was stopped").waitFor()
            await page.getByRole("button", { name: /^Feedback\s?, something new/ }).waitFor()
          })
          yield* call("PATCH", `/rooms/${id}`, { name: script })
          const places = ["agents.name", "messages.content", "messages.agent_name", "messages.thinking"]
          const others = [
            "critiques.content",
            "critiques.agent_name",
            "turns.agent_name",
            "turns.model",
            "turns.trace_id"
          ]
          for (const place of [...places, ...others, "rounds.stop_detail", "rooms.loop_guard"]) {
            const [table, column] = place.split(".")
            yield* tamper(folder, `UPDATE ${table} SET ${column} = '${script.replaceAll("'", "''")}' || rowid`)
          }

          const shown = yield* on(async (page) => {
            await page.reload()
            await page.locator("#messages").getByText("going in circles and was stopped").waitFor()
            const main = await page.locator("body").innerText()
            await page.getByRole("button", { name: "Feedback" }).click()
            await page.locator("#critiques li").first().waitFor()
            const feedback = await page.locator("#panel").innerText()
            await page.getByRole("button", { name: "Close" }).click()
            await page.getByRole("button", { name: "Cost" }).click()
            await page.locator("#rounds summary").first().click()
            await page.locator("#rounds code").first().waitFor()
            const cost = await page.locator("#panel").innerText()
            await page.setViewportSize({ width: 390, height: 780 })
            const width = await page.locator("html").evaluate(({ scrollWidth }) => scrollWidth)
            const injected = await page.locator("img[src='x'], body script").count()
            return { main, feedback, cost, width, injected, title: await page.title() }
          })
          for (const text of [shown.main, shown.feedback, shown.cost]) assertInclude(text, script)
          deepStrictEqual([shown.injected, shown.width], [0, 390])
          assertInclude(shown.title, script)
          deepStrictEqual(faults, [])
        }),
      patience
    )

    it.scoped(
      "shows at the agent what it waits for, also after a reload, until words come",
      () =>
        Effect.gen(function* () {
          const vendor = { isTight: true }
          const tight = Messages.refuse(429, { "retry-after": "3" })
          const answer = Messages.answer(Messages.text("Good evening to you, and to all of us."))
          const api = yield* Messages.make((response, call) => (vendor.isTight ? tight : answer)(response, call))
          const tightHouse = yield* house({ ANTHROPIC_API_KEY: "sk-test", ANTHROPIC_BASE_URL: api.url })
          const { faults, on } = yield* visitTo(tightHouse, { name: "waits", provider: "anthropic" }, /^Ada$/)
          const waits = /^waits for anthropic \(rate limited\) until \d\d:\d\d$/

          yield* on(async (page) => {
            await say("Good evening")(page)
            await page.locator("#drafts").getByText(waits).waitFor()
            await page.reload()
            await page.locator("#drafts").getByText(waits).waitFor()
          })
          vendor.isTight = false
          const left = yield* on(async (page) => {
            await page.locator("#messages").getByText("Good evening to you").waitFor()
            return page.getByText(waits).count()
          })
          deepStrictEqual([left, faults], [0, []])
        }),
      patience
    )
  })
})
