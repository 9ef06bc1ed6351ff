// Puts into `node_modules` of a folder what Parley needs on one system to be built and run, the same bytes everywhere.
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** An accelerator that not every registry carries, and that the bundle could not find. */
const unwanted = "node_modules/@msgpackr-extract"

const fits = (wanted, value) => wanted === undefined || value === undefined || wanted.includes(value)

/** What builds Parley, and is of no use to what was built. */
const builder = /^node_modules\/(?:esbuild|@esbuild\/[^/]+)$/

const change = (file, edit) => {
  const content = JSON.parse(readFileSync(file, "utf8"))
  edit(content)
  writeFileSync(file, JSON.stringify(content))
}

const promote = ({ dependencies, devDependencies }) => {
  dependencies.esbuild = devDependencies.esbuild
  delete devDependencies.esbuild
}

/** For a system as Node names it; `libc` where there is more than one. Changes the folder's manifest and lock. */
export const install = (folder, { cpu, libc, os }) => {
  // npm leaves out all that only developers need, or nothing of it.
  change(join(folder, "package.json"), promote)
  change(join(folder, "package-lock.json"), ({ packages }) => {
    promote(packages[""])
    for (const path of Object.keys(packages)) if (builder.test(path)) delete packages[path].dev
  })
  const target = [`--os=${os}`, `--cpu=${cpu}`, ...(libc ? [`--libc=${libc}`] : [])]
  const flags = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", ...target]
  const { status } = spawnSync("npm", ["ci", ...flags], { cwd: folder, stdio: ["ignore", 2, 2] })
  if (status !== 0) throw new Error(`npm ci ended with ${status}`)
  for (const path of ["node_modules/.package-lock.json", unwanted]) {
    rmSync(join(folder, path), { recursive: true, force: true })
  }
  // npm says nothing of an optional package that it could not get.
  const { packages } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"))
  for (const [path, entry] of Object.entries(packages)) {
    const isMeant = !entry.dev && fits(entry.os, os) && fits(entry.cpu, cpu) && fits(entry.libc, libc)
    if (isMeant && !path.startsWith(unwanted) && !existsSync(join(folder, path))) throw new Error(`${path} is missing`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [os, cpu, libc] = process.argv.slice(2)
  install(process.cwd(), { os, cpu, libc })
}
