import { NodeContext } from "@effect/platform-node"
import { describe, layer } from "@effect/vitest"
import { Layer } from "effect"
import { whyNot } from "../support/ClaudeHouse.ts"
import { deadlines } from "./contract/Deadlines.ts"
import { House } from "./contract/House.ts"
import { leaving } from "./contract/Leaving.ts"
import { memory } from "./contract/Memory.ts"
import { faults, refusal, stopping } from "./contract/Refusal.ts"
import { scripted } from "./contract/scripted.ts"
import { speech } from "./contract/Speech.ts"
import { open, Parlour } from "./contract/talk.ts"
import { tools } from "./contract/Tools.ts"
import { anthropic, claude, openai } from "./contract/wired.ts"

const houses = [
  { name: "scripted", why: "", make: Layer.scoped(House, scripted) },
  { name: "anthropic", why: "", make: Layer.scoped(House, anthropic) },
  { name: "openai", why: "", make: Layer.scoped(House, openai) },
  { name: "claude, with the real client", why: whyNot(), make: Layer.scoped(House, claude) }
]

const themes = [speech, tools, memory, leaving, deadlines, refusal, stopping, faults]

for (const { make, name, why } of houses) {
  describe.skipIf(why !== "")(`The contract of a provider: ${name} ${why}`, () => {
    const house = Layer.provideMerge(Layer.scoped(Parlour, open()), make).pipe(Layer.provideMerge(NodeContext.layer))
    layer(house, { excludeTestServices: true })((it) => {
      for (const theme of themes) theme(it)
    })
  })
}
