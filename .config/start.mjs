#!/usr/bin/env node
import { existsSync } from "node:fs"

const refuse = (why) => {
  console.error(`parley: ${why}`)
  process.exit(1)
}

const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  refuse(`needs Node 20.19 or newer, and this is Node ${process.versions.node}`)
}
if (!existsSync(new URL("../node_modules/effect/package.json", import.meta.url))) {
  refuse("its packages are not installed yet; run `npm ci` first")
}

const { build } = await import("./build.mjs")
await build(() => console.error("parley: building what has changed")).catch((error) => {
  refuse(`could not be built; after an update, run \`npm ci\` again\n${error.message}`)
})

await import("./under-npm.mjs")

// In this very process, so that Ctrl-C and SIGTERM reach the server.
await import(new URL("../dist/main.js", import.meta.url).href)
