// docs/benchmarks.md, which the benchmark writes.
import { writeFileSync } from "node:fs"
import { cpus, platform, totalmem } from "node:os"
import { ceilings, number } from "./table.mjs"

const file = new URL("../../docs/benchmarks.md", import.meta.url)

/** What the aim is about: processor time, or what a clock or the memory tells. */
const figuresOf = ({ aim, per, wall }, { ceiling, ours, ratio }) => {
  if (aim.text.includes("CPU")) return { unit: `µs CPU per ${per}`, ours: ours.cpu, ceiling: ceiling.cpu, ratio }
  const unit = wall === "/s" ? `${per}s/s` : wall
  return { unit, ours: ours.wall, ceiling: ceiling.wall, ratio: ours.wall / ceiling.wall }
}

const cellsOf = (row, result) => {
  const title = row.title.replace(/^ +/, "… ")
  if (result.failed !== undefined) return [title, `failed: ${result.failed}`, "", "", row.aim.text]
  if (result.skipped !== undefined) return [title, result.skipped, "", "", row.aim.text]
  const { ceiling, ours, ratio, unit } = figuresOf(row, result)
  const verdict = row.aim.text === "" || row.aim.met(result) ? "" : ", missed"
  return [title, `${number(ours)} ${unit}`, number(ceiling), number(ratio), `${row.aim.text}${verdict}`]
}

const lineOf = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`

const machine = () => {
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  return `${platform()} (${process.arch}) with ${cpus().length} cores and ${gigabytes} GB, Node ${process.version}`
}

/** Of the rows that were run and no others. */
export const write = (rows, results, runs) => {
  const lines = Object.entries(results).map(([name, result]) => lineOf(cellsOf(rows[name], result)))
  const page = `# Benchmarks

\`npm run bench -- --write\` wrote this page on ${new Date().toISOString().slice(0, 10)}: medians of ${runs} ${runs === 1 ? "run" : "runs"}, on ${machine()}, over loopback.

| Row | Median | Ceiling | Ratio | Aim |
|---|---|---|---|---|
${lines.join("\n")}

${ceilings.replaceAll("\n", " ")}
`
  writeFileSync(file, page)
}
