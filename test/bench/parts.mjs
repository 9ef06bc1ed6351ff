// What several rows are made of.
import { build } from "esbuild"
import { childOf } from "./calls.mjs"

const here = new URL(".", import.meta.url)
export const fileOf = (name) => new URL(name, here).pathname

const sentence = "The kettle is on, the window is open, and nobody in this room has yet said what they came to say. "
export const text = sentence.repeat(4).slice(0, 350)

export const newRoom = async ({ send }, name, more = {}) =>
  `/rooms/${(await send("POST", "/rooms/", { name, ...more })).id}`

/** The providers with no house around them, in a process of their own. */
export const aloneOf = async (stage) => {
  const outfile = fileOf("../../node_modules/.cache/parley/alone.mjs")
  const options = { bundle: true, packages: "external", platform: "node", format: "esm", logLevel: "warning" }
  await build({ entryPoints: [fileOf("alone.mjs")], outfile, ...options })
  return stage.keep(childOf(outfile))
}

export const pause = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

export const onlyWall = (wall) => ({ cpu: Number.NaN, wall })

/** In order, each when the one before is done. */
export const inOrder = ([first, ...rest], work, done = []) =>
  first === undefined ? done : work(first).then((result) => inOrder(rest, work, [...done, result]))

/** From 1 to `count`. */
export const numbers = (count) => Array.from({ length: count }, (_, index) => index + 1)
