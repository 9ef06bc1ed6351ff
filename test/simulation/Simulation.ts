import { Context, Effect, Exit } from "effect"
import type { Cell } from "../../src/domain/Round.ts"
import { LiveTurns } from "../../src/engine/LiveTurns.ts"
import { SdkPool } from "../../src/models/SdkPool.ts"
import { WriteQueue } from "../../src/store/WriteQueue.ts"
import * as Called from "./Called.ts"
import * as Cast from "./Cast.ts"
import * as Chronicle from "./Chronicle.ts"
import * as Clients from "./Clients.ts"
import * as Committed from "./Committed.ts"
import * as Dice from "./Dice.ts"
import { type Houses, settingsFrom } from "./Houses.ts"
import * as Journal from "./Journal.ts"
import * as Ledger from "./Ledger.ts"
import * as Reader from "./Reader.ts"
import * as Rested from "./Rested.ts"
import type { Move, Schedule, Step } from "./Schedule.ts"
import * as Vendor from "./Vendor.ts"
import * as World from "./World.ts"

export interface Result {
  readonly seed: number
  readonly broken: Chronicle.Broken | null
  readonly trace: ReadonlyArray<string>
  readonly hash: number
  readonly calls: number
  readonly crashes: number
}

const every = new Set(["rooms", "room_agents", "rounds", "turns", "messages", "events"])
const deadlines = { AGENT_QUERY_TIMEOUT: "5", FIRST_TOKEN_TIMEOUT: "8", IDLE_TIMEOUT: "4", TURN_TIMEOUT: "30" }
// A turn may wait half an hour for its provider, and a round has many.
const patience = 24 * 3_600_000

const named = ({ after, speakers }: Cell) =>
  `${speakers.map(({ name }) => name).join("+")}${after === null ? "" : `(after ${after})`}`

/** Plays one schedule; every promise is checked whenever there is something to check. */
export const play = (houses: Houses, schedule: Schedule): Effect.Effect<Result> =>
  Effect.gen(function* () {
    const { fitful, house, moves, seed, temper } = schedule
    const chronicle = Chronicle.make()
    const journal = Journal.make()
    const ledger = Ledger.make()
    const vendor = Vendor.make(Dice.make(seed ^ 0x5eed), temper)
    const cast = Cast.make()
    const book: Committed.Book = { chronicle, journal, ledger, calls: vendor.calls }
    const begin = houses[house % houses.length]
    if (begin === undefined) return yield* Effect.dieMessage("there is no house")
    const rooms = [...begin.rooms]
    const clients = Clients.make(book, rooms)
    const readers: Array<Reader.Reader> = []
    const positions = new Map<number, number | null>()
    const detaches: Array<() => void> = []
    let servers = 0
    const settings = yield* settingsFrom({ ...deadlines, SHUTDOWN_SECONDS: "2", ...schedule.settings })

    const boot = (image: Uint8Array, now: number) =>
      World.start({
        image,
        machine: { seed: seed + ++servers, now, fitful },
        settings,
        vendor,
        cast,
        listener: {
          begins: (call) => {
            chronicle.tell(`  call ${call.number} ${call.agentName} in ${call.seat.key}, resumes ${call.spec.resume}`)
            Called.begins(book, call)
          },
          acts: (call) => Called.acts(book, call),
          ends: (call, how) => chronicle.tell(`  call ${call.number} ended ${how}`)
        },
        failed: (message) => {
          if (!/as scripted|without Done|WriteRefused|Storage(?:Full|Unavailable)/.test(message))
            chronicle.breaks(0, `the server logs: ${message}`)
        },
        committed: (disk, tables) => {
          const change = journal.read(disk, tables)
          for (const [, { id, outcome }] of change.turned) chronicle.tell(`  turn ${id} ${outcome}`)
          for (const [, { id, stop_reason, tape }] of change.rounds)
            chronicle.tell(`  round ${id}: ${tape.map(named).join(" ")} ${stop_reason ?? ""}`)
          for (const { content, id, room_id } of change.said)
            chronicle.tell(`  message ${id} in ${room_id}: ${content}`)
          Committed.check(book, change)
        }
      })

    let world = yield* boot(begin.image, 0)
    journal.read(world.disk, every)

    const check = () => {
      const exit = world.built.unsafePoll()
      if (exit === null) return chronicle.breaks(0, "the server does not start")
      if (Exit.isFailure(exit)) return chronicle.breaks(0, `the server cannot start: ${exit.cause}`)
      const { context } = exit.value
      const live = Context.get(context, LiveTurns)
      const pool = Context.get(context, SdkPool)
      const { held, stats } = Context.get(context, WriteQueue)
      const queued = Effect.map(stats, ({ depth }) => depth)
      const isHeldUp = Effect.runSync(held) + Effect.runSync(queued) > 0
      Rested.check({ book, world, live, pool, isHeldUp, readers })
      clients.rest()
    }

    /** What was going on is over for all who were watching. */
    const part = () => {
      detaches.length = 0
      for (const reader of readers.splice(0)) {
        positions.set(reader.room, reader.position())
        reader.leave()
      }
      clients.lose()
    }

    const restart = Effect.fnUntraced(function* () {
      const image = world.remains() ?? world.disk.image()
      world.disk.close()
      chronicle.tell(`a new server starts`)
      world = yield* boot(image, world.machine.now() + 1000)
      yield* world.machine.settle
      if (world.alive()) check()
    })

    /** After a crash, begins again with what is left. */
    const mend = Effect.suspend(() => {
      if (world.alive()) return Effect.void
      part()
      return Effect.zipRight(world.end, restart())
    })

    const stop = Effect.gen(function* () {
      for (const leave of detaches.splice(0)) leave()
      const isWell = world.disk.isWell()
      const left = yield* world.end
      if (!world.alive()) return yield* mend
      if (left > 0) chronicle.breaks(8, `${left} fibers outlive the server`)
      // What the storage has refused to the end, the next server resolves.
      if (isWell)
        for (const id of journal.open.turns) chronicle.breaks(3, `turn ${id} has no outcome after the server stopped`)
      for (const { key } of world.sessions.values())
        chronicle.breaks(8, `the session of seat ${key} outlives the server`)
      if (world.machine.sleeping() > 0) chronicle.breaks(8, `${world.machine.sleeping()} fibers still wait for a time`)
      part()
    })

    const attach = (room: number, from: Extract<Step, { readonly do: "attach" }>["from"]) => {
      const known = positions.get(room) ?? null
      const after = { now: null, start: 0, last: known, nowhere: 1_000_000_000 }[from]
      const reader = Reader.make(book, room, after)
      readers.push(reader)
      const fiber = world.fork(reader.follow)
      return () => {
        positions.set(room, reader.position())
        reader.leave()
        fiber.unsafeInterruptAsFork(fiber.id())
      }
    }
    const perform = Effect.fnUntraced(function* (step: Step) {
      if (world.built.unsafePoll() === null) yield* world.machine.settle
      if (!world.alive()) return
      const room = "room" in step ? rooms[step.room % Math.max(1, rooms.length)] : 0
      if (room === undefined) return
      chronicle.tell(
        `${step.do} in ${room}: ${Object.entries(step)
          .slice(1)
          .map(([, it]) => JSON.stringify(it))
          .join(" ")}`
      )
      switch (step.do) {
        case "attach":
          if (readers.length < 6) detaches.push(attach(room, step.from))
          return
        case "detach":
          return detaches.splice(step.nth % Math.max(1, detaches.length), 1).forEach((leave) => leave())
        case "hang up":
          return clients.hangUp(step.nth)
        case "persona": {
          const persona = Cast.cast[step.agent % Cast.cast.length]
          ledger.recast()
          return persona && cast.change(persona, step.how)
        }
        case "trouble":
          return world.disk.suffer(step.with)
        case "crash":
          return world.crash(step.when)
        case "restart": {
          const stopped = world
          yield* stop
          // A crash while it stopped has brought the next server already.
          return world === stopped ? yield* restart() : undefined
        }
        default:
          return void clients.act(world, step, room)
      }
    })

    const pass = Effect.fnUntraced(function* ({ amount, pause }: Move) {
      if (pause === "some") world.machine.run(amount)
      if (pause === "rest") yield* world.machine.settle
      if (pause === "time") yield* world.machine.advance(amount)
      if (world.alive() && (pause === "rest" || pause === "time")) check()
      yield* mend
    })

    yield* world.machine.settle
    for (const move of moves) {
      if (chronicle.broken() !== null) break
      yield* perform(move.step)
      yield* pass(move)
    }

    const isBusy = () => journal.open.turns.size + journal.open.rounds.size + clients.waiting() > 0
    for (let waited = 0; chronicle.broken() === null && isBusy() && waited < patience; waited += 10_000) {
      yield* world.machine.advance(10_000)
      if (world.alive()) check()
      yield* mend
    }
    if (chronicle.broken() === null) {
      if (isBusy())
        chronicle.breaks(3, `turns ${[...journal.open.turns]}, rounds ${[...journal.open.rounds]} never end`)
      yield* stop
    }
    if (chronicle.broken() !== null) yield* world.end
    world.disk.close()
    const { lines } = chronicle
    return {
      seed,
      broken: chronicle.broken(),
      trace: lines,
      hash: chronicle.hash(),
      calls: vendor.calls.length,
      crashes: servers - 1
    }
  })
