// What a turn writes: pages of the database into its log, and commits.
import { readFileSync } from "node:fs"
import { endianness } from "node:os"
import { join } from "node:path"
import { inOrder, numbers } from "./lists.mjs"
import { onlyWall, text, vendorOf } from "./parts.mjs"
import { bareRequest } from "./requests.mjs"
import { counted, talking } from "./turns.mjs"

/**
 * The pages in the database's log, and a number that rises when the log begins anew; by the log's index, `mxFrame` and
 * `aSalt` of https://sqlite.org/walformat.html.
 */
const logOf = (file) => {
  const index = readFileSync(`${file}-shm`)
  return {
    frames: endianness() === "LE" ? index.readUInt32LE(16) : index.readUInt32BE(16),
    log: index.readUInt32BE(32)
  }
}

const unlessAnew = ({ frames, log }) => {
  if (log !== 0) throw new Error("the log was taken over meanwhile")
  return frames
}

/** What one message takes in the same tables, in one commit. */
const bareOf = async ({ bare, folder, load }, name, like) => {
  const file = join(folder, `${name}.db`)
  await bare.call("openStore", { file, like, message: {} })
  const request = bareRequest("POST /send", JSON.stringify({ content: text }))
  const send = (count) => inOrder(numbers(count), () => load.call("once", { port: bare.port, request }))
  await send(5)
  const before = logOf(file)
  await send(20)
  const after = logOf(file)
  return unlessAnew({ frames: (after.frames - before.frames) / 20, log: after.log - before.log })
}

/** Each run has files of its own, and is over before the server takes over the log, which only grows until then. */
export const pages = async (stage) => {
  const vendor = await vendorOf(stage)
  let last = 0
  return async () => {
    const name = `pages ${++last}`
    const { enter, house, perTurn } = await talking(stage, name, vendor)
    const { commits, ...ours } = await perTurn(await enter(), 8, async () => ({
      ...logOf(house.database),
      commits: await counted(stage, house, "parley_write_commit_duration_seconds_count")
    }))
    const bare = await bareOf(stage, name, house.database)
    await house.stop()
    return {
      ours: onlyWall(unlessAnew(ours)),
      ceiling: onlyWall(bare),
      beside: { commits: { ours: onlyWall(commits), ceiling: onlyWall(1) } }
    }
  }
}
