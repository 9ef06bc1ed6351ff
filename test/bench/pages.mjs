// What a turn writes: pages of the database into its log, and commits.
import { readFileSync } from "node:fs"
import { endianness } from "node:os"
import { join } from "node:path"
import { inOrder, numbers } from "./lists.mjs"
import { onlyWall, text, vendorOf } from "./parts.mjs"
import { bareRequest } from "./requests.mjs"
import { counted, talking } from "./turns.mjs"

/** The pages in the log of the database, by the log's index: `mxFrame` of https://sqlite.org/walformat.html. */
const framesOf = (file) => {
  const index = readFileSync(`${file}-shm`)
  return endianness() === "LE" ? index.readUInt32LE(16) : index.readUInt32BE(16)
}

/** What one message takes in the same tables, in one commit. */
const bareOf = async ({ bare, folder, load }, name, like) => {
  const file = join(folder, `${name}.db`)
  await bare.call("openStore", { file, like, message: {} })
  const request = bareRequest("POST /send", JSON.stringify({ content: text }))
  const send = (count) => inOrder(numbers(count), () => load.call("once", { port: bare.port, request }))
  await send(5)
  const before = framesOf(file)
  await send(20)
  return (framesOf(file) - before) / 20
}

/** Each run has files of its own, and is over before the server takes over the log, which only grows until then. */
export const pages = async (stage) => {
  const vendor = await vendorOf(stage)
  let last = 0
  return async () => {
    const name = `pages ${++last}`
    const { enter, house, perTurn } = await talking(stage, name, vendor)
    const { commits, frames } = await perTurn(await enter(), 8, async () => ({
      frames: framesOf(house.database),
      commits: await counted(stage, house, "parley_write_commit_duration_seconds_count")
    }))
    const bare = await bareOf(stage, name, house.database)
    if (frames <= 0 || bare <= 0) throw new Error("a log was taken over meanwhile")
    await house.stop()
    return {
      ours: onlyWall(frames),
      ceiling: onlyWall(bare),
      beside: { commits: { ours: onlyWall(commits), ceiling: onlyWall(1) } }
    }
  }
}
