import { NodeContext } from "@effect/platform-node"
import { describe, layer, type Vitest } from "@effect/vitest"
import { type Effect, Layer, type Scope } from "effect"
import { deadlines } from "./Deadlines.ts"
import { faults } from "./Faults.ts"
import { House } from "./House.ts"
import { leaving } from "./Leaving.ts"
import { memory } from "./Memory.ts"
import { refusal, unfinished } from "./Refusal.ts"
import { spending } from "./Spending.ts"
import { speech } from "./Speech.ts"
import { open, Parlour } from "./talk.ts"
import { tools } from "./Tools.ts"

/** What holds whoever stands between the provider and the vendor. */
const atAnyDistance = [speech, tools, spending, memory, refusal]

const themes = [...atAnyDistance, leaving, deadlines, unfinished, faults]

/** A house, and a session in it that many cases share. */
const furnished = <E, R>(make: Effect.Effect<Effect.Effect.Success<typeof House>, E, R>) =>
  Layer.provideMerge(Layer.scoped(Parlour, open()), Layer.scoped(House, make))

/** What of the contract holds through a gateway, played by a provider whose vendor stands behind one. */
export const holdsBehind = <E, R>(
  it: Vitest.MethodsNonLive<R, true>,
  name: string,
  make: Effect.Effect<Effect.Effect.Success<typeof House>, E, R | Scope.Scope>
) =>
  it.layer(furnished(make))(name, (it) => {
    for (const theme of atAnyDistance) theme(it)
  })

/** The contract, played by one provider; skipped when there is a reason why it cannot be. */
export const holds = <E>(
  name: string,
  make: Effect.Effect<Effect.Effect.Success<typeof House>, E, Scope.Scope | NodeContext.NodeContext>,
  why = ""
) =>
  describe.skipIf(why !== "")(`The contract of a provider: ${name} ${why}`, () => {
    layer(Layer.provideMerge(furnished(make), NodeContext.layer), { excludeTestServices: true })((it) => {
      for (const theme of themes) theme(it)
    })
  })
