// What the server does while it has far more to do than it can at once: how long `/health` waits meanwhile.
import { childOf } from "./calls.mjs"
import { inOrder, numbers } from "./lists.mjs"
import { memoryOf } from "./machine.mjs"
import { fileOf, newRoom, onlyWall, pause, text, vendorOf } from "./parts.mjs"

const most = {
  MAX_STREAMS: "10000",
  MAX_STREAMS_PER_USER: "10000",
  AGENT_POOL_MAX_SIZE: "400",
  AGENT_CONNECTIONS: "600"
}

const agentsOf = (count) =>
  numbers(count).map((number) => ({ name: `Agent ${number}`, lines: [`${number} says what ${text}`] }))

/** Starts, does the work, waits until it is over, and gives the longest that `/health` took meanwhile. */
export const probing = async (stage, house, work) => {
  const prober = (stage.prober ??= stage.keep(childOf(fileOf("load.mjs"))))
  await prober.call("probe", { port: house.port, request: house.request("GET", "/health") })
  await pause(300)
  await work()
  await pause(300)
  return prober.call("probed")
}

const crowdOf = async (house, rooms, seats) => {
  const agents = await house.send("GET", "/agents?limit=1000")
  const policy = { turn_policy: "concurrent", max_follow_ups: 0, max_messages: 1000 }
  return inOrder(numbers(rooms), async (number) => {
    const room = await newRoom(house, `crowd ${number}`, policy)
    await inOrder(agents.slice(0, seats), ({ id }) => house.send("POST", `${room}/agents/${id}`))
    return room
  })
}

/** In each room all seats are asked at once. */
const crowd = (name, settingsOf) => async (stage) => {
  const house = await stage.start(name, { ...most, ...(await settingsOf(stage)) }, agentsOf(20))
  const rooms = await crowdOf(house, 15, 20)
  const talking = rooms.map((room) => ({
    follow: house.request("GET", `${room}/stream`),
    goOn: house.request("POST", `${room}/messages/send`, { content: text })
  }))
  const talk = () => stage.load.call("keepTalking", { ms: 0, port: house.port, rooms: talking })
  await talk()
  return async () => ({ ours: onlyWall(await probing(stage, house, talk)), ceiling: onlyWall(Number.NaN) })
}

const openAi = async (stage) => {
  const vendor = await vendorOf(stage)
  return { DEFAULT_PROVIDER: "openai", OPENAI_BASE_URL: vendor.urls.openai, OPENAI_MODEL: "model-a" }
}

export const scriptedCrowd = crowd("crowd", async () => ({}))
export const openAiCrowd = crowd("crowdOpenAi", openAi)

const readers = 2000

/** All come back at once and have missed some hundred events. */
const comeBack = (name, pathOf) => async (stage) => {
  const house = await stage.start(name, most)
  const room = await newRoom(house, name)
  const sent = await inOrder(numbers(200), () => house.send("POST", `${room}/messages/send`, { content: text }))
  const last = sent.at(-1).id
  const request = house.request("GET", `${pathOf(room)}?after=0`)
  const mark = `"id":${last},`
  const come = () => stage.load.call("openReaders", { port: house.port, count: readers, request, mark, until: mark })
  return async () => ({ ours: onlyWall(await probing(stage, house, come)), ceiling: onlyWall(Number.NaN) })
}

export const roomReaders = comeBack("back", (room) => `${room}/stream`)
export const allReaders = comeBack("backAll", () => "/stream")

const idle = 5000
const collecting = { NODE_OPTIONS: `--import=${fileOf("collect.mjs")}` }

const leastMemoryOf = async (pid) => {
  process.kill(pid, "SIGUSR2")
  await pause(2000)
  return memoryOf(pid)
}

/** What one more stream on which nothing happens takes of a server's memory, in kilobytes. */
const streamOf = async ({ load }, { pid, port }, request) => {
  const open = (count) => load.call("openReaders", { port, count, request, mark: "event: " })
  // What the first ones take for good is no reader's.
  await open(1000)
  await open(0)
  await pause(1000)
  const before = await leastMemoryOf(pid)
  await open(idle)
  const after = await leastMemoryOf(pid)
  await open(0)
  return onlyWall(((after - before) / idle) * 1024)
}

export const streams = async (stage) => async () => {
  const house = await stage.start("streams", { ...most, ...collecting })
  const room = await newRoom(house, `streams ${house.pid}`)
  const ours = await streamOf(stage, house, house.request("GET", `${room}/stream`))
  await house.stop()
  const bare = stage.keep(childOf(fileOf("bare.mjs"), { env: { ...process.env, ...collecting } }))
  const server = { pid: bare.pid, port: await bare.call("listen") }
  const ceiling = await streamOf(stage, server, "GET /stream HTTP/1.1\r\nhost: localhost\r\n\r\n")
  bare.stop()
  return { ours, ceiling }
}
