import { describe, layer } from "@effect/vitest"
import { assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import type { Page } from "playwright-core"
import { login } from "../support/Caller.ts"
import { whyNoChromium } from "../support/chromium.ts"
import { patience } from "../support/Process.ts"
import { roomOf } from "../support/rooms.ts"
import { enter, Site } from "../support/Site.ts"

const script = `<img src="x" onerror="document.title='broken into'"><script>1</script>`

const readFile = async (page: Page, link: string) => {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByText(link).click()])
  const chunks: Array<Buffer> = []
  for await (const chunk of await download.createReadStream()) chunks.push(Buffer.from(chunk))
  return { name: download.suggestedFilename(), text: Buffer.concat(chunks).toString() }
}

const bring = async (page: Page, text: string) => {
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByRole("button", { name: "From a file…" }).click()
  ])
  await chooser.setFiles({ name: "room.json", mimeType: "application/json", buffer: Buffer.from(text) })
}

describe.skipIf(whyNoChromium !== "")("the page's doors", () => {
  layer(Site.layer, { excludeTestServices: true, timeout: patience })((it) => {
    it.scoped(
      "finds what was said, in one room and in all, and leads to it however far up",
      () =>
        Effect.gen(function* () {
          const { call, visit } = yield* Site
          const said = Array.from({ length: 1200 }, (_, index) => `line ${index}`)
          const long = yield* call("POST", "/rooms/import", roomOf("long", said.with(2, "a purple heron stood there")))
          yield* call("POST", "/rooms/import", roomOf("short", ["who saw a heron?"]))
          const { faults, on } = yield* visit(`#room=${long.data.room_id}`)

          const found = yield* on(async (page) => {
            await page.getByRole("button", { name: "Search", exact: true }).click()
            await page.getByLabel("Words that were said").fill("heron purple")
            await page.keyboard.press("Enter")
            await page.getByText("1 found.").waitFor()
            await page.getByLabel("Where").selectOption("all")
            await page.getByLabel("Words that were said").fill("HERON")
            await page.keyboard.press("Enter")
            await page.getByText("2 found.").waitFor()
            return page.locator("#search-hits a").allInnerTexts()
          })
          deepStrictEqual(
            found.map((text) => [/short|long/.exec(text)?.[0], /a .*heron.*/.exec(text)?.[0]]).toSorted(),
            [
              ["long", "a purple heron stood there"],
              ["short", "a heron?"]
            ]
          )

          const place = yield* on(async (page) => {
            await page.locator("#search-hits a", { hasText: "purple" }).click()
            const focused = page.locator("#messages > li:focus")
            await focused.waitFor()
            const next = page.locator("#messages > li:focus + li")
            return [await focused.locator(".words").innerText(), await next.locator(".words").innerText()]
          })
          deepStrictEqual(place, ["a purple heron stood there", "line 3"])
          deepStrictEqual(faults, [])
        }),
      patience
    )

    it.scoped(
      "gives a room as a file, deletes it when asked twice, and brings it back from the file",
      () =>
        Effect.gen(function* () {
          const { call, visit } = yield* Site
          const { data } = yield* call("POST", "/rooms/import", roomOf("keepsake", ["remember me"], ["Nobody here"]))
          const { faults, on } = yield* visit(`#room=${data.room_id}`)

          const files = yield* on(async (page) => {
            await page.getByRole("button", { name: "Settings" }).click()
            const json = await readFile(page, "Everything, to bring it back")
            return { json, markdown: await readFile(page, "What was said, to read") }
          })
          deepStrictEqual([files.json.name, files.markdown.name], ["keepsake.json", "keepsake.md"])
          assertInclude(files.markdown.text, "remember me")

          yield* on(async (page) => {
            await page.getByRole("button", { name: "Delete the room…" }).click()
            await page.getByText("“keepsake” will be gone").waitFor()
            await page.getByRole("button", { name: "Delete for good" }).click()
            await page.getByText("This room was deleted.").waitFor()
          })
          strictEqual((yield* call("GET", `/rooms/${data.room_id}`)).status, 404)

          const refusals = yield* on(async (page) => {
            await page.getByRole("button", { name: "New room" }).click()
            const problem = page.locator("#new-room-problem")
            await bring(page, "no JSON")
            await problem.getByText("This is no file of a room that Parley has written.").waitFor()
            await bring(page, files.json.text.replace("parley.room", "<b>other</b>"))
            await problem.getByText("This file cannot be taken. format: ").waitFor()
            await bring(page, JSON.stringify(roomOf(script, [script], [script])))
            await page.locator("#problem").getByText("Not here: <img").waitFor()
            await page.getByRole("button", { name: "Settings" }).click()
            await page.getByRole("button", { name: "Delete the room…" }).click()
            await page.locator("#remove-about").getByText("“<img").waitFor()
            await page.getByRole("button", { name: "Cancel" }).click()
            await page.getByRole("button", { name: "Search all rooms" }).click()
            await page.getByLabel("Words that were said").fill("onerror")
            await page.keyboard.press("Enter")
            await page.locator("#search-hits a").getByText("<img").first().waitFor()
            return page.locator("img[src='x'], body script").count()
          })
          strictEqual(refusals, 0)

          const back = yield* on(async (page) => {
            await page.locator("#search-close").click()
            await page.getByRole("button", { name: "New room" }).click()
            await bring(page, files.json.text)
            await page.locator("#messages").getByText("remember me").waitFor()
            return page.title()
          })
          strictEqual(back, "keepsake · Parley")
          deepStrictEqual(faults, [])
        }),
      patience
    )

    it.scoped(
      "lets the admin change who an agent is, and shows what its folder says as text",
      () =>
        Effect.gen(function* () {
          const { call, visit } = yield* Site
          const { data: agent } = yield* call("POST", "/agents", { name: "Wren", in_a_nutshell: script })
          const { data: room } = yield* call("POST", "/rooms", { name: "nest" })
          yield* call("POST", `/rooms/${room.id}/agents/${agent.id}`)
          const { faults, on } = yield* visit(`#room=${room.id}`)

          const found = yield* on(async (page) => {
            await page.locator("#opening").getByText("<img").waitFor()
            await page.getByRole("button", { name: "Agents" }).click()
            await page.getByRole("button", { name: "Change Wren" }).click()
            const nutshell = page.getByLabel("In a nutshell")
            await nutshell.waitFor()
            const before = await nutshell.inputValue()
            await nutshell.fill("Sings early.")
            await page.getByRole("button", { name: "Save" }).click()
            await page.locator("#opening").getByText("Sings early.").waitFor()
            const shown = `document.querySelector("#opening img")`
            const redrawn = async (width: number) => {
              const before = await page.locator("#opening img, #opening .avatar").first().elementHandle()
              await page.getByRole("button", { name: "Agents" }).click()
              await page.getByRole("button", { name: "Change Wren" }).click()
              await nutshell.waitFor()
              const drawn = await page.evaluate<string>(
                `Object.assign(document.createElement("canvas"), { width: ${width}, height: 2 }).toDataURL()`
              )
              const buffer = Buffer.from(drawn.split(",")[1] ?? "", "base64")
              await page.getByLabel("New picture").setInputFiles({ name: "wren.png", mimeType: "image/png", buffer })
              await page.getByRole("button", { name: "Save" }).click()
              await page.locator("#persona").waitFor({ state: "hidden" })
              await before?.waitForElementState("hidden")
              await page.locator("#opening img").waitFor({ state: "attached" })
              return page.evaluate(`${shown}.decode().then(() => ${shown}.naturalWidth)`)
            }
            const widths = [await redrawn(3), await redrawn(5)]
            return { before, widths, injected: await page.locator("img[src='x'], body script").count() }
          })
          const { data: changed } = yield* call("GET", `/agents/${agent.id}`)
          deepStrictEqual(found, { before: script, widths: [3, 5], injected: 0 })
          strictEqual(changed.in_a_nutshell, "Sings early.")
          deepStrictEqual(faults, [])
        }),
      patience
    )

    it.scoped(
      "keeps its login where no script can read it, takes one over from an older page, and hands it on by a link",
      () =>
        Effect.gen(function* () {
          const { base, stranger, token } = yield* Site
          const first = yield* stranger
          const kept = yield* first.on(async (page) => {
            await page.goto(base)
            await page.getByLabel("Password").waitFor()
            await page.evaluate(`localStorage.setItem("parley.api_key", "${token}")`)
            await page.reload()
            await page.locator("#house").waitFor()
            await page.reload()
            await page.locator("#house").waitFor()
            const cookies = await page.context().cookies()
            return {
              read: await page.evaluate<string>("document.cookie + JSON.stringify({ ...localStorage })"),
              flags: cookies.map(({ httpOnly, name, sameSite }) => [name, httpOnly, sameSite])
            }
          })
          deepStrictEqual(kept.flags, [["auth_token", true, "Lax"]])
          assertTrue(!/eyJ|api_key/.test(kept.read))

          const url = yield* first.on(async (page) => {
            await page.getByRole("button", { name: "Other devices" }).click()
            await page.getByRole("button", { name: "Make a link" }).click()
            await page.getByText("It works once, and for 15 minutes.").waitFor()
            return page.getByLabel("Link for another device").inputValue()
          })
          const second = yield* stranger
          yield* second.on(async (page) => {
            await page.goto(url)
            await page.locator("#house").waitFor()
            await page.getByRole("button", { name: "Sign out", exact: true }).click()
            await page.getByLabel("Password").waitFor()
            await page.goto(url)
            await page.getByText("was used already").waitFor()
            await enter(page)
          })

          yield* first.on(async (page) => {
            await page.getByRole("button", { name: "Sign out everywhere" }).click()
            await page.getByLabel("Password").waitFor()
          })
          yield* second.on(async (page) => {
            await page.reload()
            await page.getByLabel("Password").waitFor()
          })
          deepStrictEqual([first.faults, second.faults], [[], []])
        }),
      patience
    )

    it.scoped(
      "keeps what was typed when the server asks for a pause, says how long, and offers to send it then",
      () =>
        Effect.gen(function* () {
          const { base, visit } = yield* Site
          const { faults, on } = yield* visit("")
          const shown = yield* on(async (page) => {
            await page.getByRole("button", { name: "New room" }).click()
            await page.locator("#new-room-name").fill("hasty")
            await page.getByRole("button", { name: "Open the room" }).click()
            await page.getByRole("heading", { name: "hasty" }).waitFor()
            await page.route(`${base}/rooms/*/messages/send`, (route) =>
              route.fulfill({
                status: 429,
                headers: { "retry-after": "2" },
                json: { _tag: "TooManyRequests", detail: "Rate limit exceeded", error: "", retry_after: 2 }
              })
            )
            await page.getByLabel("Message", { exact: true }).fill("not lost")
            await page.getByRole("button", { name: "Send" }).click()
            await page.getByText("Try again in 2 seconds.").waitFor()
            await page.getByRole("button", { name: "Send in 2 s" }).waitFor()
            await page.unroute(`${base}/rooms/*/messages/send`)
            const typed = await page.getByLabel("Message", { exact: true }).inputValue()
            await page.getByRole("button", { name: "Send", exact: true }).click()
            await page.locator("#messages").getByText("not lost").waitFor()
            return { typed, left: await page.getByText("Try again in").count() }
          })
          deepStrictEqual(shown, { typed: "not lost", left: 0 })
          deepStrictEqual(faults, [])
        }),
      patience
    )

    it.scoped(
      "asks for the password as soon as the login ends elsewhere, and leads back to where its reader was",
      () =>
        Effect.gen(function* () {
          const { base, visit } = yield* Site
          const { call } = yield* login(base)
          const { data: room } = yield* call("POST", "/rooms/import", roomOf("the reading room", ["a quiet word"]))
          const { faults, on } = yield* visit(`#room=${room.room_id}`)
          const refused: Array<string> = []
          yield* on(async (page) => {
            await page.locator("#messages").getByText("a quiet word").waitFor()
            page.on("response", (response) => void (response.status() === 401 && refused.push(response.url())))
          })

          yield* call("POST", "/auth/logout-everywhere", null)
          yield* on(async (page) => {
            await page.getByText("Your login has ended.").waitFor()
            await page.locator("#house").waitFor({ state: "hidden" })
          })
          // The stream has told it: nobody had to be refused first.
          deepStrictEqual(refused, [])
          yield* on(async (page) => {
            await enter(page)
            await page.getByRole("heading", { name: "the reading room" }).waitFor()
            await page.locator("#messages").getByText("a quiet word").waitFor()
          })
          deepStrictEqual(faults, [])
        }),
      patience
    )
  })
})
