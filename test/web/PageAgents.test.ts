import { describe, layer } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { whyNoChromium } from "../support/chromium.ts"
import { patience } from "../support/Process.ts"
import { Site } from "../support/Site.ts"

describe.skipIf(whyNoChromium !== "")("the page's agents", () => {
  layer(Site.layer, { excludeTestServices: true, timeout: patience })((it) => {
    it.scoped(
      "lets the admin make an agent and seat it, and retires it when asked twice",
      () =>
        Effect.gen(function* () {
          const { call, visit } = yield* Site
          const { data: room } = yield* call("POST", "/rooms", { name: "nest" })
          const { faults, on } = yield* visit(`#room=${room.id}`)

          const refused = yield* on(async (page) => {
            await page.getByRole("button", { name: "Agents" }).click()
            await page.getByRole("button", { name: "New agent…" }).click()
            await page.getByRole("heading", { name: "A new agent" }).waitFor()
            await page.locator("#persona-name").fill("Wren/../x")
            await page.getByLabel("Group").fill("Birds")
            await page.getByLabel("In a nutshell").fill("Sings early.")
            await page.getByRole("button", { name: "Save" }).click()
            const problem = page.locator("#persona-problem")
            await problem.waitFor()
            const reason = await problem.innerText()
            await page.locator("#persona-name").fill("Wren")
            await page.getByRole("button", { name: "Save" }).click()
            await page.locator("#roster-agents").getByRole("checkbox", { name: "Wren" }).check()
            await page.locator("#roster").getByRole("button", { name: "Save" }).click()
            await page.locator("#opening").getByText("Sings early.").waitFor()
            return reason
          })
          const [wren] = (yield* call("GET", `/rooms/${room.id}/agents`)).data
          deepStrictEqual(
            [refused, wren.name, wren.group],
            [
              `Invalid agent name: a name holds no / or \\ and no control characters, and begins neither with a dot nor with group_`,
              "Wren",
              "Birds"
            ]
          )

          yield* on(async (page) => {
            const retire = async (answer: string) => {
              await page.getByRole("button", { name: "Agents" }).click()
              await page.getByRole("button", { name: "Change Wren" }).click()
              await page.getByRole("button", { name: "Retire the agent…" }).click()
              await page.getByText("Wren will not speak any more").waitFor()
              await page.locator("#retire").getByRole("button", { name: answer, exact: true }).click()
              await page.locator("#retire").waitFor({ state: "hidden" })
            }
            await retire("Cancel")
            await page.locator("#persona").getByRole("button", { name: "Cancel" }).click()
            await page.locator("#seats").getByText("Wren").waitFor()
            await retire("Retire")
            await page.locator("#persona").waitFor({ state: "hidden" })
            await page.locator("#seats").getByText("Wren").waitFor({ state: "detached" })
          })
          strictEqual((yield* call("GET", `/agents/${wren.id}`)).status, 404)
          deepStrictEqual(faults, [])
        }),
      patience
    )

    it.scoped(
      "shows an agent by what it is called, mentions it so, and leaves what was said under the name of its time",
      () =>
        Effect.gen(function* () {
          const { call, visit } = yield* Site
          const { data: room } = yield* call("POST", "/rooms", { name: "bridge" })
          const { faults, on } = yield* visit(`#room=${room.id}`)

          const seen = yield* on(async (page) => {
            await page.getByRole("button", { name: "Agents" }).click()
            await page.getByRole("button", { name: "New agent…" }).click()
            await page.locator("#persona-name").fill("O'Brien")
            await page.getByLabel("Characteristics").fill("He repairs.\n\n## Lines\n\n- Aye, sir.")
            await page.getByRole("button", { name: "Save" }).click()
            await page.locator("#roster-agents").getByRole("checkbox", { name: "O'Brien" }).check()
            await page.locator("#roster").getByRole("button", { name: "Save" }).click()
            await page.locator("#seats").getByRole("button", { name: "O'Brien" }).click()
            const mention = await page.locator("#write").inputValue()
            await page.locator("#write").press("Enter")
            const said = page.locator("#messages .message", { hasText: "Aye, sir." })
            await said.locator("strong", { hasText: "O'Brien" }).waitFor()

            await page.getByRole("button", { name: "Agents" }).click()
            await page.getByRole("button", { name: "Change O'Brien" }).click()
            await page.locator("#persona-title", { hasText: "O'Brien" }).waitFor()
            const name = await page.locator("#persona-name").inputValue()
            await page.locator("#persona-name").fill("Miles!")
            await page.locator("#persona").getByRole("button", { name: "Save" }).click()
            await page.locator("#seats").getByText("Miles!").waitFor()
            return [mention, name, await said.locator("strong").innerText()]
          })
          const [agent] = (yield* call("GET", `/rooms/${room.id}/agents`)).data
          deepStrictEqual(seen, ["@O'Brien ", "O'Brien", "O'Brien"])
          deepStrictEqual([agent.name, agent.display_name], ["O Brien", "Miles!"])
          deepStrictEqual(faults, [])
        }),
      patience
    )

    it.scoped(
      "leads to a room alone with an agent, the same one each time, from a room and from none",
      () =>
        Effect.gen(function* () {
          const { call, visit } = yield* Site
          const { data: agent } = yield* call("POST", "/agents", { name: "Owl", in_a_nutshell: "Listens." })
          const { data: room } = yield* call("POST", "/rooms", { name: "barn" })
          const { faults, on } = yield* visit(`#room=${room.id}`)

          const names = yield* on(async (page) => {
            const heading = page.getByRole("heading", { name: "Direct: Owl" })
            await page.getByRole("button", { name: "Agents" }).click()
            await page.getByRole("button", { name: "Talk alone with Owl" }).click()
            await heading.waitFor()
            await page.locator("#roster").waitFor({ state: "hidden" })
            await page.locator("#seats").getByText("Owl").waitFor()
            await page.locator("#rooms").getByText("barn").click()
            await heading.waitFor({ state: "hidden" })
            await page.getByRole("button", { name: "New room" }).click()
            await page.locator("#new-room-agents").getByRole("button", { name: "Talk alone with Owl" }).click()
            await heading.waitFor()
            await page.locator("#new-room").waitFor({ state: "hidden" })
            return page.locator("#rooms .name").allInnerTexts()
          })
          strictEqual(names.filter((name) => name === "Direct: Owl").length, 1)
          strictEqual((yield* call("GET", `/agents/${agent.id}/direct-room`)).data.name, "Direct: Owl")
          deepStrictEqual(faults, [])
        }),
      patience
    )

    it.scoped(
      "offers a guest neither to make agents nor to change them, but to talk with one alone",
      () =>
        Effect.gen(function* () {
          const { base, call, stranger } = yield* Site
          yield* call("POST", "/agents", { name: "Jay", in_a_nutshell: "Chatters." })
          const { data } = yield* call("POST", "/auth/links", { user_id: "guest-0123456789ab" })
          const { faults, on } = yield* stranger

          const offered = yield* on(async (page) => {
            await page.goto(`${base}/#login=${data.token}`)
            await page.locator("#house").waitFor()
            await page.getByRole("button", { name: "New room" }).click()
            await page.getByRole("button", { name: "Talk alone with Jay" }).click()
            await page.getByRole("heading", { name: "Direct: Jay" }).waitFor()
            await page.getByRole("button", { name: "Agents" }).click()
            await page.locator("#roster-agents").getByText("Jay").waitFor()
            return [
              await page.getByRole("button", { name: "New agent…" }).count(),
              await page.getByRole("button", { name: "Change Jay" }).count(),
              await page.locator("#roster-agents").getByRole("button", { name: "Talk alone with Jay" }).count()
            ]
          })
          deepStrictEqual(offered, [0, 0, 1])
          deepStrictEqual(faults, [])
        }),
      patience
    )
  })
})
