import { NodeContext } from "@effect/platform-node"
import { describe, layer } from "@effect/vitest"
import { type Effect, Layer, type Scope } from "effect"
import { deadlines } from "./Deadlines.ts"
import { faults } from "./Faults.ts"
import { House } from "./House.ts"
import { leaving } from "./Leaving.ts"
import { memory } from "./Memory.ts"
import { refusal } from "./Refusal.ts"
import { spending } from "./Spending.ts"
import { speech } from "./Speech.ts"
import { open, Parlour } from "./talk.ts"
import { tools } from "./Tools.ts"

const themes = [speech, tools, spending, memory, leaving, deadlines, refusal, faults]

/** The contract, played by one provider; skipped when there is a reason why it cannot be. */
export const holds = <E>(
  name: string,
  make: Effect.Effect<Effect.Effect.Success<typeof House>, E, Scope.Scope | NodeContext.NodeContext>,
  why = ""
) =>
  describe.skipIf(why !== "")(`The contract of a provider: ${name} ${why}`, () => {
    const parlour = Layer.provideMerge(Layer.scoped(Parlour, open()), Layer.scoped(House, make))
    layer(Layer.provideMerge(parlour, NodeContext.layer), { excludeTestServices: true })((it) => {
      for (const theme of themes) theme(it)
    })
  })
