// Two agents by LangGraph.js, as its pages advise: a graph of messages, each step of a thread kept in SQLite.
import { createRequire } from "node:module"
import { join } from "node:path"
import { performance } from "node:perf_hooks"
import { answering } from "./calls.mjs"
import { inOrder, numbers } from "./lists.mjs"

const seats = 2
let graph
let settings = {}
let threads = 0

/** Without a `durability` or `synchronous` as the packages have it: kept while the next step runs, and not synced. */
const open = ({ durability, file, folder, synchronous, url }) => {
  const need = createRequire(join(folder, "package.json"))
  const { END, MessagesAnnotation, START, StateGraph } = need("@langchain/langgraph")
  const { SqliteSaver } = need("@langchain/langgraph-checkpoint-sqlite")
  const { ChatOpenAI } = need("@langchain/openai")
  const db = need("better-sqlite3")(file)
  if (synchronous !== undefined) db.pragma(`synchronous = ${synchronous}`)
  const model = new ChatOpenAI({ model: "model-a", apiKey: "none", streaming: true, configuration: { baseURL: url } })
  const speak = (name) => {
    const persona = { role: "system", content: `You are ${name}, who answers whoever speaks.` }
    return async ({ messages }) => ({ messages: [await model.invoke([persona, ...messages])] })
  }
  graph = new StateGraph(MessagesAnnotation)
    .addNode("first", speak("Agent 1"))
    .addNode("second", speak("Agent 2"))
    .addEdge(START, "first")
    .addEdge("first", "second")
    .addEdge("second", END)
    .compile({ checkpointer: new SqliteSaver(db) })
  settings = { streamMode: "messages", ...(durability === undefined ? {} : { durability }) }
}

/** One message of a person and the answers of both, as they are streamed; gives how many pieces came. */
const round = async (thread_id) => {
  const said = { messages: [{ role: "user", content: "Hello, both of you." }] }
  let pieces = 0
  for await (const _ of await graph.stream(said, { ...settings, configurable: { thread_id } })) pieces++
  return pieces
}

/** Rounds of a new thread, in order. */
const play = async ({ rounds }) => {
  const thread = `thread ${++threads}`
  await round(thread)
  await round(thread)
  const before = process.cpuUsage()
  const began = performance.now()
  const pieces = await inOrder(numbers(rounds), () => round(thread))
  if (pieces.some((count) => count < 2 * seats)) throw new Error("a round was not streamed")
  const turns = rounds * seats
  const { system, user } = process.cpuUsage(before)
  return { cpu: (system + user) / turns, wall: (turns / (performance.now() - began)) * 1000 }
}

answering({ open, play })
