// The room engine's own rows: what a turn costs beside the provider, and many rooms at once.
import { linesOf } from "./house.mjs"
import { inOrder, numbers } from "./lists.mjs"
import { costing, median, slowest } from "./machine.mjs"
import { agentsOf, aloneOf, fill, newRoom, onlyWall, pause, seat, text } from "./parts.mjs"

/** Each round is a person's message and one turn of every agent, of which two in five speak and three skip. */
export const turn = async (stage) => {
  const agents = agentsOf(20)
  const { load } = stage
  const alone = await aloneOf(stage)
  const house = await stage.start("turn", { AGENT_POOL_MAX_SIZE: String(agents.length) }, agents)
  const room = await newRoom(house, "turn", { max_follow_ups: 0, max_messages: 1000 })
  await seat(house, room, agents.length)
  fill(house.database, room, 10_000)
  const ask = { port: house.port, count: 1 }
  await load.call("openReaders", { ...ask, request: house.request("GET", `${room}/stream`), mark: "event: " })
  const request = house.request("POST", `${room}/messages/send`, { content: text })
  const rounds = async (count) => {
    // One that is idle for long is closed by the server.
    await load.call("openConnections", ask)
    const began = performance.now()
    await inOrder(numbers(count / 10), () => load.call("firstTokens", { count: 10, request }))
    return { count: count * agents.length, ms: performance.now() - began }
  }
  const said = [text, ...agents.slice(0, 8).map(({ lines: [first] }) => first)]
  const perform = (count) => alone.call("perform", { count, lines: linesOf(agents[0].lines), said })
  const warmUp = 60
  await rounds(warmUp)
  await perform(warmUp * agents.length)
  return async () => {
    const ours = await costing(house.pid, () => rounds(30))
    const ceiling = await costing(alone.pid, () => perform(30 * agents.length))
    return { ours: { cpu: ours.cpu, wall: ours.perSecond }, ceiling: { cpu: ceiling.cpu, wall: ceiling.perSecond } }
  }
}

/**
 * The rooms are driven as fast as they go for the turns per second. For the first token their agents talk by
 * themselves, as often as a room can be set to, and a person talks in a room of its own over one whole cycle of theirs.
 */
export const rooms = async (stage) => {
  const { load } = stage
  const settings = { MAX_CONCURRENT_ROOMS: "100", AGENT_POOL_MAX_SIZE: "400", AGENT_POOL_MAX_WAITING: "1000" }
  const house = await stage.start("rooms", settings, agentsOf(3))
  const crowd = await inOrder(numbers(100), (number) => newRoom(house, `room ${number}`, { max_follow_ups: 0 }))
  await inOrder(crowd, (room) => seat(house, room, 3))
  const mine = await newRoom(house, "mine")
  await seat(house, mine, 1)
  const talking = crowd.map((room) => ({
    follow: house.request("GET", `${room}/stream`),
    goOn: house.request("POST", `${room}/continue`)
  }))
  const talk = (ms) => load.call("keepTalking", { ms, port: house.port, rooms: talking })
  const request = house.request("POST", `${mine}/messages/send`, { content: text })
  const firstToken = async (options) => {
    await load.call("openConnections", ask)
    return load.call("firstTokens", { ...options, request })
  }
  const spread = { count: 100, apartMs: 100 }
  const setAll = (changes) => inOrder(crowd, (room) => house.send("PATCH", room, changes))
  const ask = { port: house.port, count: 1 }
  await talk(10_000)
  return async () => {
    const all = await costing(house.pid, () => talk(3000))
    await load.call("openReaders", { ...ask, request: house.request("GET", `${mine}/stream`), mark: "event: " })
    await firstToken({ count: 20 })
    const alone = await firstToken(spread)
    await setAll({ autonomous: true, autonomous_every: 10, autonomous_ceiling: 10, autonomous_max_rounds: 10_000 })
    await pause(11_000)
    const beside = await firstToken(spread)
    await setAll({ autonomous: false })
    return {
      ours: { cpu: all.cpu, wall: all.perSecond },
      ceiling: onlyWall(Number.NaN),
      beside: {
        person: { ours: onlyWall(median(beside)), ceiling: onlyWall(median(alone)) },
        slowest: { ours: onlyWall(slowest(beside)), ceiling: onlyWall(slowest(alone)) }
      }
    }
  }
}
