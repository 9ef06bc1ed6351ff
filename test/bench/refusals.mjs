// Rooms whose vendor refuses all that it is asked, beside one that is answered by another.
import { childOf } from "./calls.mjs"
import { inOrder, numbers } from "./lists.mjs"
import { median, slowest } from "./machine.mjs"
import { fileOf, newRoom, onlyWall, text, vendorOf } from "./parts.mjs"

/** The models of the vendor that refuses, each in its own way. */
const kinds = ["limited", "poor", "flagged", "long"]
const spread = { count: 25, apartMs: 100 }

export const refusals = async (stage) => {
  const { load } = stage
  const vendor = await vendorOf(stage)
  const endpoints = [{ name: "refuser", url: vendor.urls.refuser, model: "limited" }]
  const house = await stage.start("refusals", {
    DEFAULT_PROVIDER: "openai",
    OPENAI_BASE_URL: vendor.urls.openai,
    OPENAI_MODEL: "model-a",
    OPENAI_ENDPOINTS: JSON.stringify(endpoints),
    PROVIDER_PATIENCE_SECONDS: "1"
  })
  const [echo] = await house.send("GET", "/agents")
  const roomOf = async (name, more) => {
    const room = await newRoom(house, name, { max_follow_ups: 0, ...more })
    await house.send("POST", `${room}/agents/${echo.id}`)
    return room
  }
  const mine = await roomOf("mine")
  const talkIn = (rooms) =>
    rooms.map((room) => ({
      follow: house.request("GET", `${room}/stream`),
      goOn: house.request("POST", `${room}/messages/send`, { content: text })
    }))
  const refused = talkIn(await inOrder(kinds, (model) => roomOf(model, { provider: "refuser", model })))
  const answered = talkIn(await inOrder(kinds, (model) => roomOf(`answered ${model}`)))
  const crowd = (stage.crowd ??= stage.keep(childOf(fileOf("load.mjs"))))
  const request = house.request("POST", `${mine}/messages/send`, { content: text })
  const ask = { port: house.port, count: 1 }
  const firstTokens = (options) => load.call("firstTokens", { ...options, request })
  return async () => {
    await load.call("openReaders", { ...ask, request: house.request("GET", `${mine}/stream`), mark: "event: " })
    await load.call("openConnections", ask)
    await firstTokens({ count: 20 })
    const before = { ...(await vendor.call("refused")) }
    // By turns, for a machine has its moods.
    const heard = await inOrder(numbers(4), async () => {
      const during = async (rooms) => {
        const talk = crowd.call("keepTalking", { ms: 4000, apartMs: 100, port: house.port, rooms })
        const times = await firstTokens(spread)
        await talk
        return times
      }
      return { calm: await during(answered), beside: await during(refused) }
    })
    const [calm, beside] = [heard.flatMap(({ calm }) => calm), heard.flatMap(({ beside }) => beside)]
    const after = await vendor.call("refused")
    console.error(kinds.map((kind) => `${kind}: ${after[kind] - (before[kind] ?? 0)}`).join(", "))
    return {
      ours: onlyWall(median(beside)),
      ceiling: onlyWall(median(calm)),
      beside: { slowestRefused: { ours: onlyWall(slowest(beside)), ceiling: onlyWall(slowest(calm)) } }
    }
  }
}
