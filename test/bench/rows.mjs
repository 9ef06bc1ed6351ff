// One function for each row. It prepares, and gives back what measures one run: the house's figure and its ceiling's.
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { childOf } from "./calls.mjs"
import { rooms, turn } from "./engine.mjs"
import { left } from "./left.mjs"
import { inOrder, numbers } from "./lists.mjs"
import * as House from "./house.mjs"
import { costing, cpuOf, median, memoryOf } from "./machine.mjs"
import { aloneOf, fileOf, newRoom, onlyWall, pause, text, vendorOf } from "./parts.mjs"
import * as Bursts from "./bursts.mjs"
import * as Providers from "./providers.mjs"
import { telemetry } from "./telemetry.mjs"

const connections = 64

/** Asks both, one after the other, for the same time. Until code has run some thousand times it costs far more. */
const loadBoth = async (stage, house, bare) => {
  const measure = async ({ pid, port }, request, limits = stage.limits) => {
    await stage.load.call("openConnections", { port, count: connections })
    return costing(pid, () => stage.load.call("ask", { request, ...limits }))
  }
  await measure(stage.house, house, stage.warmUp)
  await measure(stage.bare, bare, stage.warmUp)
  return async () => {
    const ours = await measure(stage.house, house)
    const ceiling = await measure(stage.bare, bare)
    return { ours: { cpu: ours.cpu, wall: ours.perSecond }, ceiling: { cpu: ceiling.cpu, wall: ceiling.perSecond } }
  }
}

const answerOf = ({ body, head }) => {
  const [first, ...lines] = head.split("\r\n")
  const headers = lines.map((line) => line.split(": "))
  return {
    status: Number(first.split(" ")[1]),
    headers: Object.fromEntries(headers.filter(([name]) => !/^(date|connection|keep-alive)$/i.test(name))),
    body
  }
}

const bareRequest = (line, body = "") =>
  `${line} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

const ask = (stage, request) => stage.load.call("once", { port: stage.house.port, request })

const send = async (stage) => {
  const { house } = stage
  const room = await newRoom(house, "send")
  const request = house.request("POST", `${room}/messages/send`, { content: text })
  const answer = answerOf(await ask(stage, request))
  await stage.bare.call("giveAnswer", answer)
  const store = { file: join(stage.folder, "bare.db"), like: house.database, message: JSON.parse(answer.body) }
  await stage.bare.call("openStore", store)
  return loadBoth(stage, request, bareRequest("POST /send", JSON.stringify({ content: text })))
}

/** The server sends what node:http then sends too. */
const same = async (stage, request) => {
  await stage.bare.call("giveAnswer", answerOf(await ask(stage, request)))
  return loadBoth(stage, request, bareRequest("GET /same"))
}

const reading = async (stage, name, pathOf) => {
  const { house } = stage
  const room = await newRoom(house, name)
  const messages = await inOrder(numbers(60), () => house.send("POST", `${room}/messages/send`, { content: text }))
  return `${room}${pathOf(messages.map(({ id }) => id))}`
}

const unchanged = async (stage) => {
  const path = await reading(stage, "poll304", (ids) => `/messages/poll?since_id=${ids.at(-2)}`)
  const { headers } = answerOf(await ask(stage, stage.house.request("GET", path)))
  return same(stage, stage.house.request("GET", path, undefined, [`if-none-match: ${headers.etag}`]))
}

const oneNew = async (stage) => {
  const path = await reading(stage, "poll1", (ids) => `/messages/poll?since_id=${ids.at(-2)}`)
  return same(stage, stage.house.request("GET", path))
}

const page = async (stage) => {
  const path = await reading(stage, "page50", () => "/messages?limit=50")
  return same(stage, stage.house.request("GET", path))
}

const list = async (stage) => {
  const house = await stage.start("rooms200")
  await inOrder(numbers(200), (number) => newRoom(house, `room ${number}`))
  return same({ ...stage, house }, house.request("GET", "/rooms"))
}

const stream = async (stage) => {
  const { bare, house, load } = stage
  const room = await newRoom(house, "stream")
  const ours = {
    server: house,
    follow: house.request("GET", `${room}/stream`),
    post: house.request("POST", `${room}/messages/send`, { content: text })
  }
  const theirs = { server: bare, follow: bareRequest("GET /stream"), post: bareRequest("POST /event", "{}") }
  const open = async ({ follow, server: { port } }, count) => {
    await load.call("openConnections", { port, count: 1 })
    await load.call("openReaders", { port, count, request: follow, mark: "event: new_message" })
  }
  await open(ours, 1)
  await bare.call("giveFrame", await load.call("nextFrame", { request: ours.post }))
  const measure = async (side) => {
    await open(side, 1000)
    const limits = { ms: stage.limits.ms, atMost: 500 }
    const { cpu, times } = await costing(side.server.pid, () => load.call("fanOut", { request: side.post, ...limits }))
    return { cpu, wall: median(times) }
  }
  return async () => ({ ours: await measure(ours), ceiling: await measure(theirs) })
}

/** The added time for a seat that has spoken before; the house plays the same turn with all that belongs to it. */
const firstToken = (provider, turns) => async (stage) => {
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

/** From the spawn to the first answer, on a folder that is there already; the memory five seconds later. */
const start = async (stage) => {
  const folder = `${stage.folder}-started`
  await House.start(folder).then((house) => house.stop())
  return async () => {
    const began = performance.now()
    const bare = childOf(fileOf("bare.mjs"))
    await bare.call("listen")
    const bareMs = performance.now() - began
    const bareCpu = cpuOf(bare.pid)
    const house = await House.start(folder)
    const cpu = cpuOf(house.pid)
    await pause(5000)
    const memory = { ours: onlyWall(memoryOf(house.pid)), ceiling: onlyWall(memoryOf(bare.pid)) }
    bare.stop()
    await house.stop()
    return { ours: { cpu, wall: house.readyMs }, ceiling: { cpu: bareCpu, wall: bareMs }, beside: { memory } }
  }
}

/** Nobody else waits for an import: a message in another room takes about as long as without one. */
const importing = async (stage) => {
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

const times = (most) => ({ text: `CPU <= ${most}x`, met: ({ ratio }) => ratio <= most })
const added = (most) => ({ text: `adds <= ${most} ms`, met: ({ ceiling, ours }) => ours.wall - ceiling.wall <= most })
const addedCpu = (most) => ({
  text: `adds <= ${most} us CPU`,
  met: ({ ceiling, ours }) => ours.cpu - ceiling.cpu <= most
})
const raised = (percent) => ({
  text: `<= ${percent} % more`,
  met: ({ ceiling, ours }) => ours.wall <= ceiling.wall * (1 + percent / 100)
})
const atMostTimes = (most) => ({
  text: `<= ${most}x`,
  met: ({ ceiling, ours }) => ours.wall <= most * ceiling.wall
})
const raisedCpu = (percent) => ({
  text: `CPU <= ${1 + percent / 100}x`,
  met: ({ ratio }) => ratio <= 1 + percent / 100
})
const told = { text: "", met: () => true }
const most = (limit, unit) => ({ text: `<= ${limit} ${unit}`, met: ({ ours }) => ours.wall <= limit })

/** `per` is what the CPU time is for; `wall` is the unit of the wall figure. */
export const rows = {
  send: { title: "durable POST message, 64 connections", per: "request", wall: "/s", aim: times(2.5), prepare: send },
  poll304: { title: "poll, nothing new: 304", per: "request", wall: "/s", aim: times(2), prepare: unchanged },
  poll1: { title: "poll, one new message", per: "request", wall: "/s", aim: times(2), prepare: oneNew },
  page50: { title: "page of 50 messages", per: "request", wall: "/s", aim: times(2), prepare: page },
  rooms200: { title: "list of 200 rooms", per: "request", wall: "/s", aim: told, prepare: list },
  stream: { title: "one event to 1,000 readers", per: "delivery", wall: "ms", aim: times(1.5), prepare: stream },
  scripted: {
    title: "first token, scripted",
    per: "turn",
    wall: "ms",
    aim: added(3),
    prepare: firstToken("scripted", 50)
  },
  claude: { title: "first token, claude", per: "turn", wall: "ms", aim: added(3), prepare: firstToken("claude", 8) },
  warm: { title: "claude, warm", per: "turn", wall: "ms", aim: added(3), prepare: Providers.claude },
  cold: { title: "  opened for the turn", per: "turn", wall: "ms", aim: told, from: "warm" },
  resumed: { title: "  resumed for the turn", per: "turn", wall: "ms", aim: told, from: "warm" },
  process: { title: "  memory of a seat", per: "", wall: "MB", aim: told, from: "warm" },
  anthropic: {
    title: "anthropic",
    per: "turn",
    wall: "ms",
    aim: added(3),
    prepare: Providers.connected("anthropic", "bareMessages", "connection")
  },
  connection: { title: "  memory of a seat that speaks", per: "", wall: "MB", aim: told, from: "anthropic" },
  openai: {
    title: "openai",
    per: "turn",
    wall: "ms",
    aim: told,
    prepare: Providers.connected("openai", "bareChat", "chat")
  },
  chat: { title: "  memory of a seat that speaks", per: "", wall: "MB", aim: told, from: "openai" },
  script: { title: "scripted", per: "turn", wall: "ms", aim: told, prepare: Providers.scripted },
  seats: {
    title: "memory, 500 anthropic seats speaking",
    per: "",
    wall: "MB",
    aim: most(250, "MB"),
    prepare: Providers.seats
  },
  turn: { title: "a turn: 20 agents, 10,000 messages", per: "turn", wall: "/s", aim: addedCpu(1000), prepare: turn },
  rooms: { title: "turns of 100 rooms at once", per: "turn", wall: "/s", aim: told, prepare: rooms },
  person: { title: "first token beside 100 rooms", per: "", wall: "ms", aim: raised(10), from: "rooms" },
  slowest: { title: "  and its slowest in twenty", per: "", wall: "ms", aim: told, from: "rooms" },
  telemetry: { title: "traces of 5 %", per: "request", wall: "/s", aim: raisedCpu(5), prepare: telemetry },
  wholeRequest: { title: "  of all", per: "request", wall: "/s", aim: raisedCpu(25), from: "telemetry" },
  unheardRequest: {
    title: "  of all, to a deaf collector",
    per: "request",
    wall: "/s",
    aim: raisedCpu(25),
    from: "telemetry"
  },
  sampledTurn: { title: "  of 5 %, a turn", per: "turn", wall: "/s", aim: raisedCpu(5), from: "telemetry" },
  wholeTurn: { title: "  of all, a turn", per: "turn", wall: "/s", aim: raisedCpu(25), from: "telemetry" },
  import: {
    title: "POST beside an import of 200,000, slowest in 100",
    per: "",
    wall: "ms",
    aim: atMostTimes(3),
    prepare: importing
  },
  crowd: {
    title: "/health, 300 agents speak",
    per: "",
    wall: "ms",
    aim: most(200, "ms"),
    prepare: Bursts.scriptedCrowd
  },
  crowdOpenAi: { title: "  through openai", per: "", wall: "ms", aim: most(200, "ms"), prepare: Bursts.openAiCrowd },
  back: {
    title: "/health, 2,000 readers return",
    per: "",
    wall: "ms",
    aim: most(200, "ms"),
    prepare: Bursts.roomReaders
  },
  backAll: { title: "  to all rooms", per: "", wall: "ms", aim: most(200, "ms"), prepare: Bursts.allReaders },
  streams: { title: "memory of an idle stream", per: "", wall: "kB", aim: most(20, "kB"), prepare: Bursts.streams },
  start: { title: "start to ready", per: "start", wall: "ms", aim: most(500, "ms"), prepare: start },
  memory: { title: "resident memory, idle", per: "", wall: "MB", aim: most(120, "MB"), from: "start" },
  left: { title: "start with 1,000 open rounds", per: "start", wall: "ms", aim: most(2000, "ms"), prepare: left },
  leftMemory: { title: "  memory, against idle", per: "", wall: "MB", aim: raised(50), from: "left" }
}

/** What can be asked for by one name. */
export const groups = {
  http: ["send", "poll304", "poll1", "page50", "rooms200"],
  providers: ["warm", "anthropic", "openai", "script"]
}
