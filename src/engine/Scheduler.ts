import {
  Array,
  Clock,
  Context,
  DateTime,
  Duration,
  Effect,
  FiberMap,
  Layer,
  Option,
  Order,
  Random,
  Schedule
} from "effect"
import { AgentRepo } from "../store/AgentRepo.ts"
import type { Member } from "../domain/Agent.ts"
import type { RoomRow } from "../domain/Room.ts"
import type { RoomId } from "../domain/RoomId.ts"
import { StopReason } from "../domain/Round.ts"
import type { SchedulerState, SchedulerStats } from "../domain/Scheduled.ts"
import { Timestamp } from "../domain/Time.ts"
import * as Breaker from "../lib/breaker.ts"
import { broke } from "../lib/broke.ts"
import * as Meter from "../lib/metric.ts"
import { Orchestrator } from "./Orchestrator.ts"
import { Ledger } from "../store/Ledger.ts"
import { Openings } from "../store/Openings.ts"
import { RoomRepo } from "../store/RoomRepo.ts"
import * as Able from "./Scheduler/Able.ts"
import { dueAt } from "./Scheduler/Pace.ts"
import { LiveSettings } from "../process/Settings.ts"
import { WriteQueue } from "../store/WriteQueue.ts"

/**
 * Lets the agents of rooms that are switched to it take up the conversation by themselves: one pass at a time, never
 * while a round is under way, never in a room that is paused, stopped by the loop guard, or has had its number. No room
 * waits for another that is slow, as long as there is a place; the room that is due for longest gets the next one.
 * While none of the models of its agents can be asked, a room stays due.
 */
export class Scheduler extends Context.Tag("parley/engine/Scheduler")<
  Scheduler,
  {
    readonly state: Effect.Effect<SchedulerState>
    /** The same in numbers, without a look at the rooms. */
    readonly stats: Effect.Effect<SchedulerStats>
  }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

const considered = 1000
const ceilingMs = 3_600_000
const rounds = Meter.counter(
  "parley_autonomous_rounds_total",
  "Rounds that rooms began by themselves, by why they ended",
  "stop_reason"
)
for (const reason of [...StopReason.literals, "none"]) rounds(0, reason)

const make = Effect.gen(function* () {
  const { current } = yield* LiveSettings
  const rooms = yield* RoomRepo
  const agents = yield* AgentRepo
  const ledger = yield* Ledger
  const openings = yield* Openings
  const orchestrator = yield* Orchestrator
  const isAble = yield* Able.make
  const queue = yield* WriteQueue
  const running = yield* FiberMap.make<RoomId, void>()
  const breakers = new Map<RoomId, Breaker.Breaker>()

  const breakerOf = (id: RoomId) => breakers.get(id) ?? Breaker.closed
  const readyAt = (room: RoomRow) => Math.max(dueAt(room), breakerOf(room.id).notBefore)

  /** None when the room is not to talk after all. */
  const open = Effect.fnUntraced(function* (id: RoomId, members: ReadonlyArray<Member>) {
    const room = yield* Effect.option(rooms.find(id))
    const isWilling = Option.exists(room, (it) => it.autonomous && !it.is_paused && it.loop_guard === null)
    if (Option.isNone(room) || !isWilling || (yield* ledger.open(id)).length > 0) return Option.none()
    const opened = yield* Effect.orDie(openings.open(room.value, members, { kind: "autonomous", cause: null }))
    return opened.isOpen ? Option.some(opened.id) : Option.none()
  })

  const learn = Effect.fnUntraced(function* (room: RoomRow, isFailure: boolean) {
    if (!isFailure) return void breakers.delete(room.id)
    const now = yield* Clock.currentTimeMillis
    const jitter = yield* Random.next
    const pause = { firstMs: room.autonomous_every * 1000, ceilingMs, jitter }
    breakers.set(room.id, Breaker.failed(breakerOf(room.id), now, pause))
  })

  const talk = Effect.fnUntraced(function* (room: RoomRow) {
    const opened = yield* queue.write(open(room.id, yield* agents.members(room.id)))
    if (Option.isNone(opened)) return
    const played = orchestrator.playIfQuiet(room.id, opened.value)
    const limit = Duration.seconds(current().AUTONOMOUS_ROUND_SECONDS)
    yield* Effect.raceFirst(played, Effect.zipRight(Effect.sleep(limit), orchestrator.stop(room.id, "interrupted")))
    const reason = yield* ledger.reasonOf(opened.value)
    rounds(
      1,
      Option.getOrElse(reason, () => "none")
    )
    yield* learn(room, Option.contains(reason, "provider_unavailable"))
  })

  const start = (room: RoomRow) =>
    talk(room).pipe(
      // The room stays due: what does not take its round has nothing to do with it.
      Effect.catchAll(({ _tag, detail }) => Effect.logDebug(`an autonomous round waits (${_tag}): ${detail}`)),
      Effect.tapErrorCause(() => learn(room, true)),
      Effect.catchAllCause((cause) => broke("scheduler", "an autonomous round broke", cause)),
      Effect.withSpan("Scheduler.round", { root: true, captureStackTrace: false, attributes: { roomId: room.id } }),
      FiberMap.run(running, room.id)
    )

  const tick = Effect.gen(function* () {
    const willing = yield* rooms.autonomous(considered)
    const ids = new Set(willing.map(({ id }) => id))
    for (const id of breakers.keys()) if (!ids.has(id)) breakers.delete(id)
    const now = yield* Clock.currentTimeMillis
    let free = current().MAX_CONCURRENT_ROOMS - (yield* FiberMap.size(running))
    const due = willing.filter((room) => readyAt(room) <= now && !FiberMap.unsafeHas(running, room.id))
    for (const room of Array.sortWith(due, readyAt, Order.number)) {
      if (free <= 0) return
      if (!(yield* isAble(room))) continue
      free--
      yield* start(room)
    }
  })

  yield* tick.pipe(
    Effect.withTracerEnabled(false),
    Effect.catchAllCause((cause) => broke("scheduler", "the scheduler could not look around", cause)),
    Effect.repeat(Schedule.spaced("1 second")),
    Effect.forkScoped
  )

  return Scheduler.of({
    stats: Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const states = Array.fromIterable(breakers.values()).map((breaker) => Breaker.stateOf(breaker, now))
      const count = (state: (typeof states)[number]) => states.filter((it) => it === state).length
      return {
        capacity: current().MAX_CONCURRENT_ROOMS,
        running: yield* FiberMap.size(running),
        breakers: { open: count("open"), half_open: count("half_open") }
      }
    }),
    state: Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const willing = yield* rooms.autonomous(considered)
      return {
        capacity: current().MAX_CONCURRENT_ROOMS,
        running: Array.fromIterable(running).map(([id]) => id),
        rooms: Array.sortWith(willing, readyAt, Order.number).map((room) => ({
          room_id: room.id,
          name: room.name,
          quiet_rounds: room.quiet_rounds,
          due_at: Timestamp.make(DateTime.formatIso(DateTime.unsafeMake(readyAt(room)))),
          breaker: Breaker.stateOf(breakerOf(room.id), now),
          failures: breakerOf(room.id).failures
        }))
      }
    })
  })
})
