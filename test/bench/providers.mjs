// The providers' own rows: each beside the barest client of the same vendor, and many seats at once in the whole house.
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { inOrder, numbers } from "./lists.mjs"
import { familyMemoryOf, median, memoryOf } from "./machine.mjs"
import { aloneOf, fileOf, newRoom, onlyWall, pause, text, vendorOf } from "./parts.mjs"

const platform = `${process.platform}-${process.arch}`
export const hasClaude = () => {
  const folder = fileOf("../../node_modules/@anthropic-ai")
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith(`claude-agent-sdk-${platform}`))
}
export const withoutClaude = "skipped: the client of the Claude Agent SDK is not installed here"

const figures = ({ cpu, times }) => ({ cpu, wall: median(times) })

/** What one seat takes, of the process that asks and of those that it has started. */
const memoryOfSeat = async ({ call, pid }, options) => {
  const before = familyMemoryOf(pid)
  await call("fill", options)
  const after = familyMemoryOf(pid)
  return { each: onlyWall((after - before) / options.count), empty: () => call("empty") }
}

const asker = async (stage, name, options) => {
  const alone = await aloneOf(stage)
  return { ...alone, ask: (what, more) => alone.call(what, { ...options, ...more, name }) }
}

export const claude = async (stage) => {
  if (!hasClaude()) return withoutClaude
  const { urls } = await vendorOf(stage)
  const sideOf = (name) => asker(stage, name, { url: urls.anthropic, dataDir: join(stage.folder, name) })
  const [ours, ceiling] = [await sideOf("claude"), await sideOf("bareSdk")]
  const both = async (work) => ({ ours: await work(ours), ceiling: await work(ceiling) })
  const openings = (resumes) => both(async ({ ask }) => figures(await ask("openings", { count: 3, resumes })))
  return async () => ({
    ...(await both(async ({ ask }) => figures(await ask("turns", { count: 40, warmUp: 60 })))),
    beside: {
      cold: await openings(false),
      resumed: await openings(true),
      process: await both(async ({ ask, pid }) => {
        const { each, empty } = await memoryOfSeat({ pid, call: ask }, { count: 3, isOver: true })
        await empty()
        return each
      })
    }
  })
}

/** `memory` names the row that tells what a seat takes while it speaks. */
export const connected = (name, bare, memory) => async (stage) => {
  const vendor = await vendorOf(stage)
  const sideOf = (client) => asker(stage, client, { url: vendor.urls[name] })
  const [ours, ceiling] = [await sideOf(name), await sideOf(bare)]
  const both = async (work) => ({ ours: await work(ours), ceiling: await work(ceiling) })
  return async () => {
    const turns = await both(async ({ ask }) => figures(await ask("turns", { count: 200, warmUp: 200 })))
    await vendor.call("hold", true)
    const speaking = await both(({ ask, pid }) => memoryOfSeat({ pid, call: ask }, { count: 200, isOver: false }))
    await vendor.call("hold", false)
    await Promise.all([speaking.ours.empty(), speaking.ceiling.empty()])
    return { ...turns, beside: { [memory]: { ours: speaking.ours.each, ceiling: speaking.ceiling.each } } }
  }
}

/** It asks nobody, so it stands beside nothing. */
export const scripted = async (stage) => {
  const { ask } = await asker(stage, "scripted", {})
  const nothing = { cpu: Number.NaN, wall: Number.NaN }
  return async () => ({ ours: figures(await ask("turns", { count: 200, warmUp: 200 })), ceiling: nothing })
}

const until = async (isSo) => {
  if (await isSo()) return
  await pause(50)
  return until(isSo)
}

/** The whole server's memory while so many seats stream at once; idle, after its first rooms, beside it. */
export const seats = async (stage) => {
  const count = 500
  const vendor = await vendorOf(stage)
  const settings = {
    DEFAULT_PROVIDER: "anthropic",
    ANTHROPIC_API_KEY: "none",
    ANTHROPIC_BASE_URL: vendor.urls.anthropic,
    AGENT_CONNECTIONS: String(count + 12)
  }
  const house = await stage.start("seats", settings)
  const [echo] = await house.send("GET", "/agents")
  const rooms = await inOrder(numbers(count), (number) => newRoom(house, `seat ${number}`, { max_follow_ups: 0 }))
  await inOrder(rooms, (room) => house.send("POST", `${room}/agents/${echo.id}`))
  const areHeld = (wanted) => until(async () => (await vendor.call("held")) === wanted)
  return async () => {
    await pause(5000)
    const idle = memoryOf(house.pid)
    await vendor.call("hold", true)
    await inOrder(rooms, (room) => house.send("POST", `${room}/messages/send`, { content: text }))
    await areHeld(count)
    await pause(2000)
    const speaking = memoryOf(house.pid)
    await vendor.call("hold", false)
    await areHeld(0)
    return { ours: onlyWall(speaking), ceiling: onlyWall(idle) }
  }
}
