// What several rows are made of.
import Database from "better-sqlite3"
import { build } from "esbuild"
import { createHash } from "node:crypto"
import { childOf } from "./calls.mjs"
import { inOrder, numbers } from "./lists.mjs"

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

/** Pieces that nothing else is like, so that the loop guard has nothing to say. */
export const line = (seed, pieces = 5) =>
  numbers(pieces)
    .map((piece) => createHash("sha256").update(`${seed}/${piece}`).digest("base64url"))
    .join(" ")

export const agentsOf = (count) =>
  numbers(count).map((agent) => ({
    name: `Agent ${agent}`,
    lines: numbers(12).map((number) => line(`${agent}/${number}`))
  }))

/** The first of the agents come in. */
export const seat = async ({ send }, room, count) => {
  const agents = await send("GET", "/agents?limit=1000")
  await inOrder(agents.slice(0, count), ({ id }) => send("POST", `${room}/agents/${id}`))
}

/** So many messages of a person, written past the server. */
export const fill = (file, room, count) => {
  const db = new Database(file)
  const insert = db.prepare(
    "INSERT INTO messages (room_id, role, participant_type, content, timestamp) VALUES (?, 'user', 'user', ?, ?)"
  )
  const at = new Date().toISOString()
  db.transaction(() => {
    for (let number = 0; number < count; number++) insert.run(Number(room.split("/").at(-1)), text, at)
  })()
  db.close()
}
