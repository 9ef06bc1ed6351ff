// The table that the benchmark ends with.
import { cpus } from "node:os"
import { hasCpuTimes } from "./machine.mjs"

export const number = (value) => {
  if (!Number.isFinite(value)) return "-"
  if (value >= 1000) return Math.round(value).toLocaleString("en")
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)
}

const lineOf = ({ aim, per, title, wall }, result) => {
  if (result.failed !== undefined) return [title, "", "", "", "", "", "", "", aim.text, `failed: ${result.failed}`]
  if (result.skipped !== undefined) return [title, "", "", "", "", "", "", "", aim.text, result.skipped]
  const { ceiling, ours, ratio } = result
  const verdict = aim.text === "" ? "" : aim.met(result) ? "met" : "missed"
  const times = aim.text.startsWith("CPU") && Number.isFinite(ratio) ? `${number(ratio)}x` : ""
  const unit = per === "" ? "" : `/${per}`
  return [
    title,
    number(ours.cpu),
    number(ceiling.cpu),
    unit,
    times,
    number(ours.wall),
    number(ceiling.wall),
    wall,
    aim.text,
    verdict
  ]
}

export const ceilings = `Ceilings: for posts node:http and better-sqlite3 with group commit; for polls and pages
node:http that sends the same bytes; for readers bare writes of the same frame; for the providers a bare client of the
same vendor, on loopback, both after the same warm-up; for 500 seats the server before they speak; for the first token
the provider alone, from asking for a turn to its first text, against the time from sending the message to the first
delta on the stream, in a seat that has spoken; for a turn the provider alone with as long a text; for a turn through
openai a bare client that sends the same request, for 41 words the turn of one; for the peers a turn of LangGraph.js
in a process without HTTP, whose SqliteSaver keeps each step before the next with synchronous = FULL, or as it comes,
beside the next step with NORMAL; for the pages of a turn one message in the same tables, in one commit; for a paused
room one of nobody; for a turn with tools the provider alone, from asking to the end; for the first token beside other
rooms that are refused the same rooms, answered; for start and memory a bare node:http server; for a POST beside an
import the same house before it; for traces the same house without a collector. synchronous = FULL throughout, but
where said. A turn is one of twenty that answer a message, in order, two in five with 220 characters in five pieces
and the others by a skip: with its share of the POST, the planning, the opening and the end of the round, both
commits, the agent's folder and one reader of the stream. One through openai is one of two that answer a message, with
its half of the same.`

const heads = ["row", "CPU us", "ceiling", "", "times", "wall", "ceiling", "", "aim", ""]

export const print = (rows, results, runs) => {
  const lines = Object.entries(results).map(([name, result]) => lineOf(rows[name], result))
  const table = [heads, ...lines]
  const widths = heads.map((_, column) => Math.max(...table.map((line) => (line[column] ?? "").length)))
  const right = new Set([1, 2, 4, 5, 6])
  const cells = (line) =>
    line
      .map((cell, column) => (right.has(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join("  ")
  console.log(`\nMedians of ${runs} runs; Node ${process.version}, ${cpus().length} cores, loopback.`)
  console.log(
    hasCpuTimes
      ? "CPU is user and system time of the server's process; its ceiling was measured in the same run.\n"
      : "This system tells no CPU times: the ratios are of wall time.\n"
  )
  for (const line of table) console.log(cells(line).trimEnd())
  console.log(`\n${ceilings}`)
}
