import { Effect } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { existsSync } from "node:fs"
import { chromium, type Page } from "playwright-core"

const places = [
  chromium.executablePath(),
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
]

const executablePath = places.find((place) => existsSync(place))

/** Why no browser can be started here; empty where one can. */
export const whyNoChromium = executablePath === undefined ? "skipped: no Chromium was found" : ""

/**
 * A browser; it ends with the scope. Every visitor it lets in has cookies of its own, and leaves with a scope as well.
 */
export const launch = Effect.gen(function* () {
  const browser = yield* Effect.acquireRelease(
    Effect.promise(() =>
      chromium.launch({ ...(executablePath ? { executablePath } : {}), args: ["--no-sandbox", "--disable-quic"] })
    ),
    (browser) => Effect.promise(() => browser.close())
  )
  return Effect.gen(function* () {
    const page = yield* Effect.acquireRelease(
      Effect.promise(() => browser.newPage({ locale: "en-GB" })),
      (page) => Effect.promise(() => page.close())
    )
    page.setDefaultTimeout(15_000)
    const faults: Array<string> = []
    page.on("pageerror", ({ message }) => void faults.push(message))
    return {
      faults,
      on: <A>(use: (page: Page) => Promise<A>) => Effect.promise(() => use(page))
    }
  })
})

export const browse = Effect.flatten(launch)
