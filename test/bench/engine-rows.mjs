// The rows of the room engine; rows.mjs tells what a row is.
import { added, addedCpu, atLeast, most, mostCpu, raised, times, told } from "./aims.mjs"
import { rooms16, tools64 } from "./crowds.mjs"
import { rooms, turn } from "./engine.mjs"
import { pages } from "./pages.mjs"
import { peers } from "./peers.mjs"
import { refusals } from "./refusals.mjs"
import { simulation } from "./simulation.mjs"
import { turn2, words } from "./turns.mjs"

export const engineRows = {
  turn: { title: "a turn: 20 agents, 10,000 messages", per: "turn", wall: "/s", aim: addedCpu(1000), prepare: turn },
  turn2: { title: "an agent's turn: 2 agents, openai", per: "turn", wall: "/s", aim: mostCpu(5), prepare: turn2 },
  turn2Old: { title: "  after 1,000 messages", per: "turn", wall: "/s", aim: mostCpu(6), from: "turn2" },
  words: { title: "  of 41 words against one", per: "turn", wall: "/s", aim: times(1.1), prepare: words },
  peers: {
    title: "a turn beside LangGraph.js, both synced",
    per: "turn",
    wall: "/s",
    aim: told,
    prepare: peers,
    isRare: true
  },
  peersUsual: { title: "  and it as it comes", per: "turn", wall: "/s", aim: told, from: "peers", isRare: true },
  pages: { title: "pages written for a turn", per: "", wall: "pages", aim: most(12, "pages"), prepare: pages },
  commits: { title: "  and commits", per: "", wall: "commits", aim: most(2, "commits"), from: "pages" },
  rooms: { title: "turns of 100 rooms at once", per: "turn", wall: "/s", aim: told, prepare: rooms },
  person: { title: "first token beside 100 rooms", per: "", wall: "ms", aim: raised(10), from: "rooms" },
  slowest: { title: "  and its slowest in twenty", per: "", wall: "ms", aim: told, from: "rooms" },
  rooms16: { title: "turns of 16 rooms at once", per: "turn", wall: "/s", aim: atLeast(250, "/s"), prepare: rooms16 },
  tools64: {
    title: "turns with 6 tool calls of 64 rooms at once",
    per: "turn",
    wall: "/s",
    aim: atLeast(150, "/s"),
    prepare: tools64
  },
  tools64Alone: { title: "  a turn of one room alone", per: "", wall: "ms", aim: added(5), from: "tools64" },
  refusals: {
    title: "first token beside rooms that are refused",
    per: "",
    wall: "ms",
    aim: raised(10),
    prepare: refusals
  },
  slowestRefused: { title: "  and its slowest in twenty", per: "", wall: "ms", aim: told, from: "refusals" },
  simulation: {
    title: "a schedule of the simulation",
    per: "schedule",
    wall: "/s",
    aim: mostCpu(60),
    prepare: simulation
  }
}
