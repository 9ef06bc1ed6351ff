// What traces cost: the same house without a collector, with one in twenty of the traces exported, and with all of
// them.
import { createServer } from "node:http"
import { inOrder, numbers } from "./lists.mjs"
import { costing, median } from "./machine.mjs"
import { newRoom, text } from "./parts.mjs"

/** Takes everything; in the process of the benchmark, which nobody counts. */
const collector = () =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      request.resume().on("end", () => response.end("{}"))
    })
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${server.address().port}`)).unref()
  })

/** Takes the connection and says nothing. */
const deaf = () =>
  new Promise((resolve) => {
    const server = createServer(() => {})
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${server.address().port}`)).unref()
  })

const settingsOf = (url, deafUrl) => [
  ["off", {}],
  ["sampled", { OTEL_EXPORTER_OTLP_ENDPOINT: url, TRACE_SAMPLE_RATIO: "0.05" }],
  ["whole", { OTEL_EXPORTER_OTLP_ENDPOINT: url }],
  ["unheard", { OTEL_EXPORTER_OTLP_ENDPOINT: deafUrl }]
]

const sideOf = async (stage, [name, settings]) => {
  const { load } = stage
  const house = await stage.start(`traces ${name}`, settings)
  const silent = await newRoom(house, "silent")
  const talking = await newRoom(house, "talking", { max_follow_ups: 0 })
  const [echo] = await house.send("GET", "/agents")
  await house.send("POST", `${talking}/agents/${echo.id}`)
  const post = (room) => house.request("POST", `${room}/messages/send`, { content: text })
  const request = async (limits) => {
    await load.call("openConnections", { port: house.port, count: 64 })
    // A read: what a disk does meanwhile would drown the difference.
    return costing(house.pid, () => load.call("ask", { request: house.request("GET", `${silent}/rounds`), ...limits }))
  }
  const reader = { port: house.port, count: 1, request: house.request("GET", `${talking}/stream`), mark: "event: " }
  const turn = async (count) => {
    await load.call("openConnections", { port: house.port, count: 1 })
    await load.call("openReaders", reader)
    return costing(house.pid, async () => {
      const began = performance.now()
      await inOrder(numbers(count / 50), () => load.call("firstTokens", { count: 50, request: post(talking) }))
      return { count, ms: performance.now() - began }
    })
  }
  return { request, turn }
}

const figures = ({ cpu, perSecond }) => ({ cpu, wall: perSecond })
const middle = (all) => ({ cpu: median(all.map(({ cpu }) => cpu)), perSecond: median(all.map((it) => it.perSecond)) })

/** In turn, again and again: what else the machine does meets all three. */
const interleaved = async (sides, measure) => {
  const all = await inOrder(numbers(5), () => inOrder(sides, measure))
  return sides.map((_, side) => figures(middle(all.map((round) => round[side]))))
}

export const telemetry = async (stage) => {
  const sides = await inOrder(settingsOf(await collector(), await deaf()), (side) => sideOf(stage, side))
  await inOrder(sides, ({ request, turn }) => request(stage.warmUp).then(() => turn(100)))
  return async () => {
    const [off, sampled, whole, unheard] = await interleaved(sides, ({ request }) => request(stage.limits))
    const turns = await interleaved(sides, ({ turn }) => turn(100))
    return {
      ours: sampled,
      ceiling: off,
      beside: {
        wholeRequest: { ours: whole, ceiling: off },
        unheardRequest: { ours: unheard, ceiling: off },
        sampledTurn: { ours: turns[1], ceiling: turns[0] },
        wholeTurn: { ours: turns[2], ceiling: turns[0] }
      }
    }
  }
}
