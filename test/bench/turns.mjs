// What a turn costs that asks a vendor over HTTP: in an empty room and in an old one, of few and of many words.
import { inOrder, numbers } from "./lists.mjs"
import { cpuOf, median } from "./machine.mjs"
import { agentsOf, aloneOf, fill, newRoom, seat, vendorOf } from "./parts.mjs"

export const rounds = 25
const seats = 2

/** What the server has counted of this name, over all its labels. */
export const counted = async ({ load }, house, name) => {
  const { body } = await load.call("once", { port: house.port, request: house.request("GET", "/metrics") })
  const lines = body.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0)
}

/** A house whose agents are the vendor's, and rooms of two of them that answer a person and not each other. */
export const talking = async (stage, name, vendor) => {
  const settings = { DEFAULT_PROVIDER: "openai", OPENAI_BASE_URL: vendor.urls.openai, OPENAI_MODEL: "model-a" }
  const house = await stage.start(name, settings, agentsOf(seats))
  let last = 0
  /** A new room in whose stream somebody reads, and of which both agents have spoken twice. */
  const enter = async ({ before = 0, ...more } = {}) => {
    const room = await newRoom(house, `room ${++last}`, { max_follow_ups: 0, ...more })
    await seat(house, room, seats)
    if (before > 0) fill(house.database, room, before)
    const ask = { port: house.port, count: 1 }
    await stage.load.call("openReaders", { ...ask, request: house.request("GET", `${room}/stream`), mark: "event: " })
    await stage.load.call("openConnections", ask)
    const request = house.request("POST", `${room}/messages/send`, { content: "Hello, both of you." })
    const play = (count) => stage.load.call("firstTokens", { count, request })
    await play(2)
    return play
  }
  /** Each figure that `read` gives, for one of the turns that are played. */
  const perTurn = async (play, count, read) => {
    const all = async () => ({ ...(await read()), turns: await counted(stage, house, "parley_turns_total") })
    const before = await all()
    await play(count)
    const { turns, ...after } = await all()
    const played = turns - before.turns
    if (played !== count * seats) throw new Error(`${played} turns were played in place of ${count * seats}`)
    const grown = Object.entries(after).map(([figure, value]) => [figure, (value - before[figure]) / played])
    return Object.fromEntries(grown)
  }
  const costOf = async (options) => {
    const { cpu, ms } = await perTurn(await enter(options), rounds, async () => ({
      cpu: cpuOf(house.pid),
      ms: performance.now()
    }))
    return { cpu, wall: 1000 / ms }
  }
  return { house, enter, perTurn, costOf }
}

/** The barest client that sends what was last sent to the vendor, in a process of its own. */
const bareOf = async (stage, vendor) => {
  const alone = await aloneOf(stage)
  const options = { name: "bareChat", url: vendor.urls.openai, request: await vendor.call("last") }
  const ask = async (count, warmUp) => {
    const { cpu, times } = await alone.call("turns", { ...options, count, warmUp })
    return { cpu, wall: 1000 / median(times) }
  }
  await ask(0, 200)
  return () => ask(rounds * seats, 2)
}

/** In a room where nothing was said before, and in one where a thousand messages were. */
export const turn2 = async (stage) => {
  const vendor = await vendorOf(stage)
  const { costOf } = await talking(stage, "turn2", vendor)
  const old = { before: 1000 }
  await inOrder(numbers(8), () => costOf())
  const bare = await bareOf(stage, vendor)
  await inOrder(numbers(2), () => costOf(old))
  const bareOld = await bareOf(stage, vendor)
  return async () => ({
    ours: await costOf(),
    ceiling: await bare(),
    beside: { turn2Old: { ours: await costOf(old), ceiling: await bareOld() } }
  })
}

const middle = (all) => ({ cpu: median(all.map(({ cpu }) => cpu)), wall: median(all.map(({ wall }) => wall)) })

/** By turns, for a machine has its moods. */
export const words = async (stage) => {
  const { costOf } = await talking(stage, "words", await vendorOf(stage))
  const both = async () => [await costOf({ model: "words-41" }), await costOf({ model: "words-1" })]
  await inOrder(numbers(4), both)
  return async () => {
    const all = await inOrder(numbers(5), both)
    return { ours: middle(all.map(([many]) => many)), ceiling: middle(all.map(([, one]) => one)) }
  }
}
