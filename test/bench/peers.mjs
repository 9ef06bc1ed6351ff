// A turn beside the same turn of others, who are installed when they are asked for.
import { execFile } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { childOf } from "./calls.mjs"
import { inOrder, numbers } from "./lists.mjs"
import { fileOf, vendorOf } from "./parts.mjs"
import { rounds, talking } from "./turns.mjs"

const dependencies = {
  "@langchain/core": "1.4.0",
  "@langchain/langgraph": "1.7.3",
  "@langchain/langgraph-checkpoint-sqlite": "1.0.4",
  "@langchain/openai": "1.5.8",
  "better-sqlite3": "12.11.1",
  zod: "4.6.7"
}

const installed = async () => {
  const folder = fileOf("../../node_modules/.cache/parley/peers")
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies }))
  console.error("installing the peers")
  await promisify(execFile)("npm", ["install", "--no-audit", "--no-fund"], { cwd: folder, timeout: 600_000 })
  return folder
}

/** Two agents answer a person, in new rooms and new threads, for the same vendor. */
export const peers = async (stage) => {
  const folder = await installed().catch((error) => {
    console.error(error)
    return null
  })
  if (folder === null) return "skipped: the peers cannot be installed here"
  const vendor = await vendorOf(stage)
  const { costOf } = await talking(stage, "peers", vendor)
  const sideOf = async (name, options) => {
    const { call } = stage.keep(childOf(fileOf("langgraph.mjs")))
    await call("open", { folder, file: join(stage.folder, `${name}.db`), url: vendor.urls.openai, ...options })
    return () => call("play", { rounds })
  }
  const synced = await sideOf("synced", { durability: "sync", synchronous: "FULL" })
  const usual = await sideOf("usual", {})
  await inOrder([costOf, synced, usual], (side) => inOrder(numbers(8), () => side()))
  return async () => {
    const ours = await costOf()
    return { ours, ceiling: await synced(), beside: { peersUsual: { ours, ceiling: await usual() } } }
  }
}
