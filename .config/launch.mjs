#!/usr/bin/env node
// Starts a Parley that was built elsewhere, from a folder that nobody may write to.
import * as fs from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { parseEnv } from "node:util"

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

// Agents write to their folders, so whoever has none gets the shipped ones beside the data.
if (!settings.AGENTS_DIR && !fs.existsSync("agents")) {
  const data = settings.DATA_DIR || "data"
  process.env.AGENTS_DIR = join(data, "agents")
  if (!fs.existsSync(process.env.AGENTS_DIR)) {
    fs.mkdirSync(data, { recursive: true, mode: 0o700 })
    copy(shipped, process.env.AGENTS_DIR)
  }
}

await import(new URL("../dist/main.js", import.meta.url).href)
