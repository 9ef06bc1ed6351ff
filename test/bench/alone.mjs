// The providers with no house around them. Bundled before it is started.
import { Effect, Stream } from "effect"
import { performance } from "node:perf_hooks"
import { context } from "../../src/engine/Orchestrator/Context.ts"
import * as Scripted from "../../src/models/Providers/Scripted.ts"
import { answering } from "./calls.mjs"
import { callTool, clients, runtime, specOf } from "./clients.mjs"
import { inOrder, numbers } from "./lists.mjs"
import { turnOf } from "../support/turns.ts"

let makers = {}
const openOf = async ({ name, ...options }) => (makers[name] ??= clients[name](options))

/** One turn: the milliseconds from `began` to its first text, and what resumes the session after it. */
const timed = async (session, began) => {
  let first = 0
  const sessionId = await session.turn("U1 User (person):\nHello", () => {
    if (first === 0) first = performance.now() - began
  })
  return { first, sessionId }
}

/** What the work costs this process, in microseconds each time. */
const costing = async (count, work) => {
  const before = process.cpuUsage()
  const times = await inOrder(numbers(count), work)
  const { system, user } = process.cpuUsage(before)
  return { cpu: (system + user) / count, times }
}

/** Turns of one open session, in order, that has spoken a few times before. */
const turns = async ({ count, warmUp = 2, ...options }) => {
  const session = await (await openOf(options))(null)
  const turn = async () => (await timed(session, performance.now())).first
  await inOrder(numbers(warmUp), turn)
  const result = await costing(count, turn)
  await session.close()
  return result
}

/** Sessions that are opened for one turn each: new ones, or ones that go on with what was said. */
const openings = async ({ count, resumes, ...options }) => {
  const open = await openOf(options)
  const once = async (resume) => {
    const began = performance.now()
    const session = await open(resume)
    const result = await timed(session, began)
    await session.close()
    return result
  }
  let { sessionId } = await once(null)
  return costing(count, async () => {
    const { first, sessionId: next } = await once(resumes ? sessionId : null)
    sessionId = next
    return first
  })
}

let seats = []
/** As many sessions, each in its first turn and having said something; `isOver` waits for the ends of these turns. */
const fill = async ({ count, isOver, ...options }) => {
  const open = await openOf(options)
  seats = await inOrder(numbers(count), () => open(null))
  await Promise.all(
    seats.map(
      (seat) =>
        new Promise((resolve, reject) => {
          seat.over = seat.turn("U1 User (person):\nHello", isOver ? () => {} : resolve)
          seat.over.then(resolve, reject)
        })
    )
  )
}

const empty = async () => {
  await Promise.all(seats.map(({ over }) => over))
  await inOrder(seats, ({ close }) => close())
  seats = []
}

/** As many turns of the scripted provider, in a room in which these things were said last. */
const perform = async ({ count, lines, said }) => {
  const began = performance.now()
  const messages = said.map((content, index) =>
    index === 0
      ? { agent_id: null, role: "user", participant_type: "user", participant_name: null, partial: false, content }
      : { agent_id: index, agent_name: `Agent ${index}`, role: "assistant", partial: false, content }
  )
  const agent = { id: 99, name: "Echo" }
  const told = context({
    agent,
    messages,
    omitted: 0,
    mark: "#abcdef",
    personName: "User",
    occasion: "news",
    notes: [],
    names: new Map()
  })
  await Effect.gen(function* () {
    const session = yield* Scripted.make({ paceMs: 0 }).open(specOf("scripted-1", lines))
    const turn = { ...told, knownParts: 0, images: [], callTool, spend: () => {} }
    yield* Effect.repeatN(Stream.runDrain(turnOf(session, turn)), count - 1)
  }).pipe(runtime.runPromise)
  return { count, ms: performance.now() - began }
}

answering({ turns, openings, fill, empty, perform, end: () => runtime.dispose() })
