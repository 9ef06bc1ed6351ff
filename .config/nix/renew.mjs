#!/usr/bin/env node
// Renews hashes.json: what the packages come to on each system. Run after every change of package-lock.json.
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { install } from "./modules.mjs"
import { narHash } from "./nar.mjs"

const root = fileURLToPath(new URL("../..", import.meta.url))
const systems = {
  "aarch64-darwin": { os: "darwin", cpu: "arm64" },
  "aarch64-linux": { os: "linux", cpu: "arm64", libc: "glibc" },
  "x86_64-darwin": { os: "darwin", cpu: "x64" },
  "x86_64-linux": { os: "linux", cpu: "x64", libc: "glibc" }
}

const hashFor = (system) => {
  const folder = fs.mkdtempSync(join(tmpdir(), "parley-modules-"))
  try {
    for (const file of [".npmrc", "package.json", "package-lock.json"])
      fs.copyFileSync(join(root, file), join(folder, file))
    install(folder, system)
    return narHash(join(folder, "node_modules"))
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

const lock = createHash("sha256")
  .update(fs.readFileSync(join(root, "package-lock.json")))
  .digest("hex")
const modules = Object.fromEntries(Object.entries(systems).map(([name, system]) => [name, hashFor(system)]))
fs.writeFileSync(new URL("hashes.json", import.meta.url), `${JSON.stringify({ lock, modules }, null, 2)}\n`)
