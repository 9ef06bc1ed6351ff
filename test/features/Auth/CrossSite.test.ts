import { describe, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { browse, whyNoChromium } from "../../support/chromium.ts"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"
import { listening } from "../../support/listening.ts"

/** A page of somebody else's on the same machine: to a browser the same site, so that it sends the cookie along. */
const neighbour = (html: string) =>
  listening((_request, response) => void response.writeHead(200, { "content-type": "text/html" }).end(html))

/** What a script does with all that the browser gives it, and what it learns of the answer. */
const fetching = (url: string) =>
  `fetch("${url}", { method: "POST", mode: "no-cors", credentials: "include" }).then(({ type }) => type)`
const login = `fetch("/auth/login", {
  method: "POST", headers: { "content-type": "application/json" }, body: '{"password":"admin"}'
}).then(({ status }) => status)`

describe.skipIf(whyNoChromium !== "")(`other sites${whyNoChromium === "" ? "" : ` (${whyNoChromium})`}`, () => {
  layer(House.shared(), { excludeTestServices: true })((it) => {
    it.scoped("cannot act with the cookie of somebody who is logged in here, though the browser sends it along", () =>
      Effect.gen(function* () {
        const { ask, base } = yield* Client.make
        const { id } = yield* ask(({ rooms }) => rooms.create({ payload: { name: "theirs" } }))
        const pause = `${base}/rooms/${id}/pause`
        const there = yield* neighbour(`<form method="post" action="${pause}"></form>`)
        const isPaused = Effect.map(
          ask(({ rooms }) => rooms.get({ path: { room_id: id } })),
          (room) => room.is_paused
        )
        const { on } = yield* browse
        yield* on((page) => page.goto(`${base}/health`))
        deepStrictEqual(yield* on((page) => page.evaluate(login)), 200)

        yield* on((page) => page.goto(there.url))
        const fetched = yield* on(async (page) => {
          const [response] = await Promise.all([page.waitForResponse(pause), page.evaluate(fetching(pause))])
          return response.status()
        })
        const submitted = yield* on(async (page) => {
          const [response] = await Promise.all([
            page.waitForResponse(pause),
            page.waitForURL(pause),
            page.evaluate("document.forms[0].submit()")
          ])
          return response.status()
        })
        const untouched = yield* isPaused
        yield* on((page) => page.goto(`${base}/health`))
        const own = yield* on((page) => page.evaluate(fetching(pause)))

        deepStrictEqual([fetched, submitted, untouched], [401, 401, false])
        deepStrictEqual([own, yield* isPaused], ["basic", true])
      })
    )
  })
})
