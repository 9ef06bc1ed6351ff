// A function prepares each row, and gives back what measures one run: the house's figure and its ceiling's.
import * as Bursts from "./bursts.mjs"
import { added, most, raised, raisedCpu, times, told, atMostTimes } from "./aims.mjs"
import { engineRows } from "./engine-rows.mjs"
import { firstToken } from "./first-token.mjs"
import { importing } from "./importing.mjs"
import { left } from "./left.mjs"
import * as Providers from "./providers.mjs"
import * as Requests from "./requests.mjs"
import { start } from "./start.mjs"
import { telemetry } from "./telemetry.mjs"

/** `per` is what the CPU time is for, `wall` the unit of the wall figure; a row that `isRare` is run by name only. */
export const rows = {
  send: {
    title: "durable POST message, 64 connections",
    per: "request",
    wall: "/s",
    aim: times(2.5),
    prepare: Requests.send
  },
  poll304: { title: "poll, nothing new: 304", per: "request", wall: "/s", aim: times(2), prepare: Requests.unchanged },
  poll1: { title: "poll, one new message", per: "request", wall: "/s", aim: times(2), prepare: Requests.oneNew },
  page50: { title: "page of 50 messages", per: "request", wall: "/s", aim: times(2), prepare: Requests.page },
  rooms200: { title: "list of 200 rooms", per: "request", wall: "/s", aim: times(2), prepare: Requests.list },
  list304: {
    title: "  nothing new: 304",
    per: "request",
    wall: "/s",
    aim: times(2),
    prepare: Requests.listUnchanged
  },
  paused: {
    title: "POST to a paused room of two agents",
    per: "request",
    wall: "/s",
    aim: times(1.5),
    prepare: Requests.paused
  },
  stream: {
    title: "one event to 1,000 readers",
    per: "delivery",
    wall: "ms",
    aim: times(1.5),
    prepare: Requests.stream
  },
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
  ...engineRows,
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
  http: ["send", "poll304", "poll1", "page50", "rooms200", "list304", "paused"],
  providers: ["warm", "anthropic", "openai", "script"]
}
