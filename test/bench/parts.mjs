// What several rows are made of.
import { build } from "esbuild"
import { childOf } from "./calls.mjs"

const here = new URL(".", import.meta.url)
export const fileOf = (name) => new URL(name, here).pathname

const sentence = "The kettle is on, the window is open, and nobody in this room has yet said what they came to say. "
export const text = sentence.repeat(4).slice(0, 350)

export const newRoom = async ({ send }, name, more = {}) =>
  `/rooms/${(await send("POST", "/rooms/", { name, ...more })).id}`

/** The TypeScript program, in a process of its own. */
const bundled = async (stage, name) => {
  const outfile = fileOf(`../../node_modules/.cache/parley/${name}`)
  const options = { bundle: true, packages: "external", platform: "node", format: "esm", logLevel: "warning" }
  await build({ entryPoints: [fileOf(name)], outfile, ...options })
  return stage.keep(childOf(outfile))
}

/** The providers with no house around them. */
export const aloneOf = (stage) => bundled(stage, "alone.mjs")

/** The vendors, and the addresses at which they listen. */
export const vendorOf = async (stage) => {
  const vendor = await bundled(stage, "vendor.mjs")
  return { ...vendor, urls: await vendor.call("listen") }
}

export const pause = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

export const onlyWall = (wall) => ({ cpu: Number.NaN, wall })
