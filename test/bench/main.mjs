// npm run bench [-- --rows http,stream --runs 5 --write]
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { build } from "../../.config/build.mjs"
import { childOf } from "./calls.mjs"
import * as House from "./house.mjs"
import { inOrder, numbers } from "./lists.mjs"
import { hasCpuTimes, median } from "./machine.mjs"
import * as Page from "./page.mjs"
import { groups, rows } from "./rows.mjs"
import { print } from "./table.mjs"

const { values } = parseArgs({
  options: { rows: { type: "string" }, runs: { type: "string", default: "3" }, write: { type: "boolean" } }
})
const runs = Math.max(1, Number(values.runs) || 3)
const usual = Object.keys(rows).filter((name) => !rows[name].isRare)
const names = values.rows?.split(",").flatMap((name) => groups[name] ?? [name]) ?? usual
const unknown = names.filter((name) => !(name in rows))
if (unknown.length > 0) {
  console.error(`no row ${unknown.join(", ")}; there are: ${Object.keys({ ...groups, ...rows }).join(", ")}`)
  process.exit(1)
}

await build(() => console.error("building what has changed"))

const folder = mkdtempSync(join(tmpdir(), "parley-bench-"))
const kept = []
const keep = (process) => {
  kept.push(process)
  return process
}
const start = async (name, ...rest) => keep(await House.start(join(folder, name), ...rest))

const figure = (samples, side, kind) => median(samples.map((sample) => sample[side][kind]))

const summary = (samples) => {
  const side = (name) => ({ cpu: figure(samples, name, "cpu"), wall: figure(samples, name, "wall") })
  const [ours, ceiling] = [side("ours"), side("ceiling")]
  const ratio = hasCpuTimes ? ours.cpu / ceiling.cpu : median(samples.map(({ ceiling, ours }) => slower(ours, ceiling)))
  return { ours, ceiling, ratio }
}
const slower = (ours, ceiling) => ceiling.wall / ours.wall

const measure = async (stage, name) => {
  const { prepare } = rows[name]
  const run = await prepare(stage)
  if (typeof run === "string") return { [name]: { skipped: run } }
  const samples = await inOrder(numbers(runs), async (number) => {
    console.error(`${name}: run ${number} of ${runs}`)
    const sample = await run()
    console.error(JSON.stringify(sample))
    return sample
  })
  const others = Object.keys(rows).filter((other) => rows[other].from === name)
  const summaries = others.map((other) => [other, summary(samples.map(({ beside }) => beside[other]))])
  return { [name]: summary(samples), ...Object.fromEntries(summaries) }
}

/** A row that fails says so, and takes no other along. */
const attempted = (stage, name) =>
  measure(stage, name).catch((error) => {
    console.error(error)
    return { [name]: { failed: String(error instanceof Error ? error.message : error).split("\n", 1)[0] } }
  })

const clear = async () => {
  await Promise.all(kept.map((process) => process.stop()))
  rmSync(folder, { recursive: true, force: true })
}
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => clear().then(() => process.exit(1)))

try {
  const bare = keep(childOf(new URL("bare.mjs", import.meta.url).pathname))
  const stage = {
    folder: join(folder, "house"),
    limits: { ms: 1500, atMost: 100_000 },
    warmUp: { ms: 5000, atMost: 12_000 },
    load: keep(childOf(new URL("load.mjs", import.meta.url).pathname)),
    bare: Object.assign(bare, { port: await bare.call("listen") }),
    // One identity reads for all the readers of a row.
    house: await start("house", { MAX_STREAMS_PER_USER: "2000" }),
    start,
    keep
  }
  const wanted = [...new Set(names.map((name) => rows[name].from ?? name))]
  const results = await inOrder(wanted, (name) => attempted(stage, name))
  const all = Object.assign({}, ...results)
  print(rows, all, runs)
  if (values.write) Page.write(rows, all, runs)
  if (Object.values(all).some(({ failed }) => failed !== undefined)) process.exitCode = 1
} finally {
  await clear()
}
process.exit()
