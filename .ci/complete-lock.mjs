#!/usr/bin/env node
// Completes package-lock.json: `npm ci` refuses a lock that lacks other platforms' optional packages, and npm leaves
// them out where the registry at hand does not carry them. Run after every change of the lock; `--check` only looks.
import { readFileSync, writeFileSync } from "node:fs"

const file = new URL("../package-lock.json", import.meta.url)
const systems = "aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32"
const processors = "arm|arm64|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64"
const platformName = new RegExp(`[-/](${systems})-(${processors})(?:-(\\w+))?$`)
const libcs = { glibc: "glibc", gnu: "glibc", gnueabihf: "glibc", musl: "musl", musleabihf: "musl" }

/** What a name such as `@rollup/rollup-linux-x64-musl` says of its platform; undefined when it names none. */
const platformOf = (name) => {
  const match = platformName.exec(name)
  if (match === null) return undefined
  const [, os, cpu, abi] = match
  const libc = os === "linux" ? libcs[abi] : undefined
  return { cpu: [cpu], ...(libc && { libc: [libc] }), os: [os] }
}

/** The folders in which Node looks for what the package at `path` asks for, nearest first. */
const foldersFrom = (path) => {
  if (path === "") return ["node_modules/"]
  const parent = path.slice(0, path.lastIndexOf("node_modules/")).replace(/\/$/, "")
  return [`${path}/node_modules/`, ...foldersFrom(parent)]
}

/** `packages` with all that is wrong mended, and what was wrong, one line each. */
const complete = (packages) => {
  const problems = []
  const completed = { ...packages }
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const folders = foldersFrom(path)
      const found = folders.find((folder) => `${folder}${name}` in completed)
      const exact = /^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version)
      if (found !== undefined && (!exact || completed[`${found}${name}`].version === version)) continue
      const platform = platformOf(name)
      if (!exact || platform === undefined)
        throw new Error(`${path}: cannot tell which platform ${name}@${version} is for`)
      // Beside the package that wants it; inside that package when another version has the place.
      const place = `${found === folders[1] ? folders[0] : folders[1]}${name}`
      completed[place] = { version, ...platform, ...(dev && { dev }), optional: true }
      problems.push(`${place}: missing, ${path} wants it`)
    }
  }
  for (const [path, { resolved, ...entry }] of Object.entries(completed)) {
    const platform = entry.optional ? platformOf(path) : undefined
    if (resolved !== undefined) problems.push(`${path}: has a resolved address`)
    if (platform !== undefined && !(entry.os && entry.cpu)) problems.push(`${path}: has no os or no cpu`)
    completed[path] = platform === undefined || (entry.os && entry.cpu) ? entry : { ...entry, ...platform }
  }
  return { problems, packages: completed }
}

const lock = JSON.parse(readFileSync(file, "utf8"))
const { packages, problems } = complete(lock.packages)
if (process.argv.includes("--check")) {
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) console.error(`package-lock.json: ${problems.length} to mend by node .ci/complete-lock.mjs`)
  process.exitCode = Math.min(problems.length, 1)
} else if (problems.length > 0) {
  const sorted = Object.fromEntries(Object.entries(packages).toSorted(([a], [b]) => a.localeCompare(b, "en")))
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`)
  console.log(`package-lock.json: ${problems.length} mended`)
}
