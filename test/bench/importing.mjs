import { numbers } from "./lists.mjs"
import { newRoom, onlyWall, text } from "./parts.mjs"

const said = {
  role: "user",
  agent_name: null,
  participant_type: "user",
  participant_name: null,
  thinking: null,
  provider: null,
  partial: false,
  images: []
}

/** Nobody else waits for an import: a message in another room takes about as long as without one. */
export const importing = async (stage) => {
  const house = await stage.start("import", { MAX_IMPORT_BYTES: "67108864" })
  const room = await newRoom(house, "beside")
  const request = house.request("POST", `${room}/messages/send`, { content: text })
  const at = "2026-11-01T00:00:00.000Z"
  const messages = numbers(200_000).map((number) => ({
    ...said,
    id: number + 1,
    content: `${number} ${text.slice(0, 60)}`,
    timestamp: at
  }))
  const settings = {
    is_paused: false,
    default_provider: "scripted",
    default_model: null,
    created_at: at,
    last_activity_at: at
  }
  const ask = (ms) => stage.load.call("latencies", { apartMs: 20, ms, request })
  const p99 = (all) => all.toSorted((one, other) => one - other)[Math.floor(all.length * 0.99)]
  return async () => {
    await stage.load.call("openConnections", { port: house.port, count: 8 })
    const quiet = await ask(10_000)
    let isOver = false
    const document = {
      format: "parley.room",
      version: 1,
      exported_at: at,
      room: { name: "large", ...settings },
      agents: [],
      messages
    }
    const imported = house.send("POST", "/rooms/import", document).finally(() => (isOver = true))
    const beside = []
    const go = async () => {
      beside.push(...(await ask(1000)))
      if (!isOver) await go()
    }
    await go()
    await imported
    return { ours: onlyWall(p99(beside)), ceiling: onlyWall(p99(quiet)) }
  }
}
