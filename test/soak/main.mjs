// npm run test:soak -- --turns 2000 [--claude]
import { parseArgs } from "node:util"
import { load } from "../support/module.mjs"

const { values } = parseArgs({
  options: { turns: { type: "string", default: "2000" }, claude: { type: "boolean", default: false } }
})
const { Effect, run } = await load("soak/Soak.ts", "soak")

await Effect.runPromise(run({ turns: Number(values.turns), isReal: values.claude }))
