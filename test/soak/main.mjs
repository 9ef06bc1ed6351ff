// npm run test:soak -- --turns 2000 [--claude]
import { build } from "esbuild"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { parseArgs } from "node:util"

const { values } = parseArgs({
  options: { turns: { type: "string", default: "2000" }, claude: { type: "boolean", default: false } }
})
const here = dirname(fileURLToPath(import.meta.url))
const outfile = join(here, "../../dist/soak.mjs")
await build({
  stdin: { contents: `export { run } from "./Soak.ts"\nexport { Effect } from "effect"`, resolveDir: here },
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  outfile,
  logLevel: "warning"
})
const { Effect, run } = await import(pathToFileURL(outfile).href)

await Effect.runPromise(run({ turns: Number(values.turns), isReal: values.claude }))
