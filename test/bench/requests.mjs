// Single requests, and one event to many readers, beside a bare server that sends the same bytes.
import { join } from "node:path"
import { inOrder, numbers } from "./lists.mjs"
import { costing, median } from "./machine.mjs"
import { agentsOf, newRoom, seat, text } from "./parts.mjs"

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

export const bareRequest = (line, body = "") =>
  `${line} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

const ask = (stage, request) => stage.load.call("once", { port: stage.house.port, request })

export const send = async (stage) => {
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

export const unchanged = async (stage) => {
  const path = await reading(stage, "poll304", (ids) => `/messages/poll?since_id=${ids.at(-2)}`)
  const { headers } = answerOf(await ask(stage, stage.house.request("GET", path)))
  return same(stage, stage.house.request("GET", path, undefined, [`if-none-match: ${headers.etag}`]))
}

export const oneNew = async (stage) => {
  const path = await reading(stage, "poll1", (ids) => `/messages/poll?since_id=${ids.at(-2)}`)
  return same(stage, stage.house.request("GET", path))
}

export const page = async (stage) => {
  const path = await reading(stage, "page50", () => "/messages?limit=50")
  return same(stage, stage.house.request("GET", path))
}

const listing = async (stage, name) => {
  const house = await stage.start(name)
  await inOrder(numbers(200), (number) => newRoom(house, `room ${number}`))
  return { ...stage, house }
}

export const list = async (stage) => {
  const listed = await listing(stage, "rooms200")
  return same(listed, listed.house.request("GET", "/rooms"))
}

export const listUnchanged = async (stage) => {
  const listed = await listing(stage, "list304")
  const { headers } = answerOf(await ask(listed, listed.house.request("GET", "/rooms")))
  return same(listed, listed.house.request("GET", "/rooms", undefined, [`if-none-match: ${headers.etag}`]))
}

/** Nobody speaks in either: what the seats of a room cost the message that comes into it. */
export const paused = async (stage) => {
  const house = await stage.start("paused", {}, agentsOf(2))
  const post = (room) => house.request("POST", `${room}/messages/send`, { content: text })
  const [full, empty] = [await newRoom(house, "paused"), await newRoom(house, "nobody")]
  await seat(house, full, 2)
  await house.send("POST", `${full}/pause`)
  return loadBoth({ ...stage, house, bare: house }, post(full), post(empty))
}

export const stream = async (stage) => {
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
