// Stands in for npm: what is installed is linked from the checkout, where it is compiled already.
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs"
import { dirname, join } from "node:path"

const [modules, command] = process.argv.slice(2)

if (command === "ci") {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"))
  for (const [path, { dev }] of Object.entries(packages)) {
    const installed = join(modules, "..", path)
    if (dev || !/^node_modules\/(@[^/]+\/)?[^/]+$/.test(path) || !existsSync(installed)) continue
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(installed, path)
  }
}
