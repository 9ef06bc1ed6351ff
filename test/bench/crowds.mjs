// Many rooms of scripted agents that talk at once, as fast as they go.
import { inOrder, numbers } from "./lists.mjs"
import { costing, median } from "./machine.mjs"
import { agentsOf, aloneOf, line, newRoom, onlyWall, seat, text } from "./parts.mjs"

const seats = 2

const crowdOf = async (stage, name, count, agents) => {
  const house = await stage.start(name, { AGENT_CONNECTIONS: String(count * seats) }, agents)
  const rooms = await inOrder(numbers(count), (number) => newRoom(house, `room ${number}`, { max_follow_ups: 0 }))
  await inOrder(rooms, (room) => seat(house, room, seats))
  const talking = rooms.map((room) => ({
    follow: house.request("GET", `${room}/stream`),
    goOn: house.request("POST", `${room}/continue`)
  }))
  const talk = async (ms) => {
    const work = () => stage.load.call("keepTalking", { ms, port: house.port, rooms: talking })
    const { cpu, perSecond } = await costing(house.pid, work)
    return { cpu, wall: perSecond }
  }
  await talk(10_000)
  return { house, talk: () => talk(5000) }
}

export const rooms16 = async (stage) => {
  const { talk } = await crowdOf(stage, "rooms16", 16, agentsOf(seats))
  return async () => ({ ours: await talk(), ceiling: onlyWall(Number.NaN) })
}

const sizes = [7, 7, 6, 6, 6, 6]

/** A turn of 38 words, each a delta of the model's, that looks something up six times. */
const turnOf = (seed) => {
  const words = line(seed, 38)
    .split(" ")
    .map((word) => word.slice(0, 7))
  const steps = sizes.map((size, nth) => {
    const from = sizes.slice(0, nth).reduce((sum, it) => sum + it, 0)
    return `call recall subtitle="The kettle"\nsay ${words.slice(from, from + size).join(" ")}\n`
  })
  return steps.join("")
}

const scriptOf = (agent) =>
  `## Script\n\n${numbers(12)
    .map((turn) => turnOf(`${agent}/${turn}`))
    .join("\n")}`

const tooled = (agent) => ({
  name: `Agent ${agent}`,
  files: { "characteristics.md": scriptOf(agent), "consolidated_memory.md": `## [The kettle]\n\n${text}\n` }
})

/** And whole turns in a room that is alone, from the message to the end of the turn, beside the provider's. */
export const tools64 = async (stage) => {
  const { load } = stage
  const alone = await aloneOf(stage)
  const { house, talk } = await crowdOf(stage, "tools64", 64, numbers(seats).map(tooled))
  const mine = await newRoom(house, "mine", { max_follow_ups: 0 })
  await seat(house, mine, 1)
  const ask = { port: house.port, count: 1 }
  const follow = { ...ask, request: house.request("GET", `${mine}/stream`), mark: "event: " }
  const request = house.request("POST", `${mine}/messages/send`, { content: text })
  const turns = async () => {
    await load.call("openConnections", ask)
    await load.call("openReaders", follow)
    return load.call("firstTokens", { count: 100, mark: "event: stream_end", request })
  }
  const perform = async () => (await alone.call("perform", { count: 1, lines: scriptOf(1), said: [text] })).ms
  await inOrder(numbers(200), perform)
  return async () => {
    const all = await talk()
    const [ours, ceiling] = [await turns(), await inOrder(numbers(100), perform)]
    return {
      ours: all,
      ceiling: onlyWall(Number.NaN),
      beside: { tools64Alone: { ours: onlyWall(median(ours)), ceiling: onlyWall(median(ceiling)) } }
    }
  }
}
