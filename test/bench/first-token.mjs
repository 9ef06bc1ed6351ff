import { join } from "node:path"
import { cpuOf, median } from "./machine.mjs"
import { aloneOf, newRoom, onlyWall, vendorOf } from "./parts.mjs"
import * as Providers from "./providers.mjs"

/** The added time for a seat that has spoken before; the house plays the same turn with all that belongs to it. */
export const firstToken = (provider, turns) => async (stage) => {
  if (provider === "claude" && !Providers.hasClaude()) return Providers.withoutClaude
  const [alone, vendor] = [await aloneOf(stage), await vendorOf(stage)]
  const url = vendor.urls.anthropic
  const claude = { DEFAULT_PROVIDER: "claude", ANTHROPIC_API_KEY: "none", ANTHROPIC_BASE_URL: url }
  const dataDir = join(stage.folder, "alone")
  const house = await stage.start(provider, provider === "claude" ? claude : {})
  const room = await newRoom(house, provider)
  const [echo] = await house.send("GET", "/agents")
  await house.send("POST", `${room}/agents/${echo.id}`)
  const request = house.request("POST", `${room}/messages/send`, { content: "Hello, Echo." })
  const { load } = stage
  return async () => {
    await load.call("openConnections", { port: house.port, count: 1 })
    const reader = { port: house.port, count: 1, request: house.request("GET", `${room}/stream`), mark: "event: " }
    await load.call("openReaders", reader)
    await load.call("firstTokens", { count: 2, request })
    const before = cpuOf(house.pid)
    const ours = await load.call("firstTokens", { count: turns, request })
    const cpu = (cpuOf(house.pid) - before) / turns
    const { times } = await alone.call("turns", { name: provider, count: turns, url, dataDir })
    return { ours: { cpu, wall: median(ours) }, ceiling: onlyWall(median(times)) }
  }
}
