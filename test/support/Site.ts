import { Context, Effect, Layer, type Scope } from "effect"
import type { Page } from "playwright-core"
import { login } from "./Caller.ts"
import { launch } from "./chromium.ts"
import { home, layer as processes, serve, withPassword } from "./Process.ts"

type Speaker = Effect.Effect.Success<ReturnType<typeof login>>
type Visitor = Effect.Effect.Success<Effect.Effect.Success<typeof launch>>

/** A server with its page, and a browser, for all tests of a file. */
export class Site extends Context.Tag("parley/test/support/Site")<
  Site,
  {
    readonly base: string
    readonly call: Speaker["call"]
    /** A token of the admin's. */
    readonly token: string
    /** Somebody who has never been here. */
    readonly stranger: Effect.Effect<Visitor, never, Scope.Scope>
    /** Somebody who has logged in, and looks at what the hash says. */
    readonly visit: (hash: string) => Effect.Effect<Visitor, never, Scope.Scope>
  }
>() {
  static readonly layer = Layer.scoped(
    Site,
    Effect.gen(function* () {
      const { base } = yield* Effect.flatMap(home, (folder) =>
        serve(folder, { ...withPassword, AGENTS_DIR: `${folder}/agents` })
      )
      const { call, token = "" } = yield* login(base)
      const stranger = yield* launch
      const visit = (hash: string) =>
        Effect.tap(stranger, ({ on }) =>
          on(async (page) => {
            await page.goto(`${base}/${hash}`)
            await enter(page)
          })
        )
      return { base, call, token, stranger, visit }
    })
  ).pipe(Layer.provideMerge(processes), Layer.orDie)
}

export const enter = async (page: Page) => {
  await page.getByLabel("Password").fill("admin")
  await page.getByRole("button", { name: "Enter" }).click()
  await page.locator("#house").waitFor()
}
