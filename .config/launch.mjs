#!/usr/bin/env node
// Starts the Parley of this package: a checkout builds itself first; what was built elsewhere lies where nobody may
// write.
import * as fs from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { parseEnv } from "node:util"

const checkout = new URL("./start.mjs", import.meta.url)
const shipped = fileURLToPath(new URL("../agents", import.meta.url))
const settings = { ...(fs.existsSync(".env") && parseEnv(fs.readFileSync(".env", "utf8"))), ...process.env }

/** Not as a copy with its modes, which say that nobody may write; and whole or not at all. */
const copy = (from, to) => {
  const draft = `${to}.draft-${process.pid}`
  for (const entry of fs.readdirSync(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const source = join(entry.parentPath ?? entry.path, entry.name)
    const target = join(draft, relative(from, source))
    fs.mkdirSync(dirname(target), { recursive: true })
    fs.writeFileSync(target, fs.readFileSync(source))
  }
  fs.renameSync(draft, to)
}

/** Whoever only asks what this is finds the folder as it was. */
const onlyAsks = process.argv.slice(2).some((word) => ["--version", "--help", "-h", "hash-password"].includes(word))

// Agents write to their folders, so whoever has none gets the shipped ones beside the data.
if (!onlyAsks && !settings.AGENTS_DIR && !fs.existsSync("agents")) {
  const data = settings.DATA_DIR || "data"
  process.env.AGENTS_DIR = join(data, "agents")
  if (!fs.existsSync(process.env.AGENTS_DIR)) {
    fs.mkdirSync(data, { recursive: true, mode: 0o700 })
    copy(shipped, process.env.AGENTS_DIR)
  }
}

if (fs.existsSync(checkout)) {
  await import(checkout.href)
} else {
  await import("./under-npm.mjs")
  await import(new URL("../dist/main.js", import.meta.url).href)
}
