import { Array as Arrays, Context, Duration, Effect, Layer, Order, Schedule } from "effect"
import type { RoomId } from "../domain/RoomId.ts"
import * as Time from "../domain/Time.ts"
import { broke } from "../lib/broke.ts"
import { LiveTurns } from "./LiveTurns.ts"
import { Orchestrator } from "./Orchestrator.ts"
import { RoomEvents } from "../store/RoomEvents.ts"
import { Openings } from "../store/Openings.ts"
import { LiveSettings } from "../process/Settings.ts"
import { WriteQueue } from "../store/WriteQueue.ts"
import { Ledger } from "../store/Ledger.ts"
import { type OpenRound, RecoveryRepo } from "../store/RecoveryRepo.ts"

/**
 * What a dead server has left is resolved before anybody can ask: its turns are interrupted, rounds that nobody waits
 * for end, and so does a round at which two tries have ended their server. The others wait to be taken up.
 */
export class Recovery extends Context.Tag("parley/engine/Recovery")<
  Recovery,
  {
    /**
     * Takes up what waits, one round after the other, with the agents that had not spoken: those that were left in good
     * order first, each at once; then those whose server broke off, each alone until it has had a turn, has ended,
     * waits for its provider, or has had its time. Among them those that cost the most come last.
     */
    readonly goOn: Effect.Effect<void>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  ).pipe(Layer.provide(RecoveryRepo.layer))

  /** Goes on in the background, once all that it stands on is there. */
  static readonly layerGoingOn = Layer.scopedDiscard(Effect.flatMap(this, ({ goOn }) => Effect.forkScoped(goOn)))
}

const slice = 200
const costedAtOnce = 50
const twice = "Two tries at it have ended the server"
const unread = "What is stored of it cannot be read"

const make = Effect.gen(function* () {
  const { current } = yield* LiveSettings
  const repo = yield* RecoveryRepo
  const ledger = yield* Ledger
  const openings = yield* Openings
  const events = yield* RoomEvents
  const queue = yield* WriteQueue
  const orchestrator = yield* Orchestrator
  const live = yield* LiveTurns

  const cutOff = Effect.gen(function* () {
    const { count, turns } = yield* repo.cutOff(slice, yield* Time.now)
    for (const { agent_display_name, agent_id, agent_name, id, reason, room_id } of turns) {
      if (reason === "critic") continue
      yield* events.append(room_id, {
        type: "stream_end",
        turn_id: id,
        temp_id: `temp_${id}`,
        agent_id,
        agent_name,
        agent_display_name,
        outcome: "interrupted",
        skipped: false,
        finish: null,
        response_text: null,
        thinking_text: null,
        error: null
      })
    }
    return count
  })

  const endTurns = Effect.gen(function* () {
    let all = 0
    for (let count = slice; count === slice; all += count) count = yield* queue.write(cutOff)
    if (all > 0) {
      yield* Effect.logWarning(`the last server ended in the middle of ${all} turns; they count as interrupted`)
    }
  })

  const close = Effect.fnUntraced(function* ({ id, kind, room_id, stop_reason, tries }: OpenRound) {
    if (stop_reason === null) return
    const isQuiet = kind === "autonomous"
    const stop_detail = stop_reason === "set_aside" ? (tries > 1 ? twice : unread) : null
    // What comes after a round of this kind is to know that it ended its server.
    if (isQuiet && tries > 0) yield* ledger.tried(id)
    if (!(yield* openings.close({ id, kind, room_id }, { stop_reason, stop_detail }))) return
    if (isQuiet && stop_reason === "set_aside") yield* repo.hush(room_id)
    if (stop_reason === "set_aside")
      yield* Effect.logWarning(`round ${id} of room ${room_id} is set aside: ${stop_detail}`)
  })

  const sortOut = Effect.gen(function* () {
    const left: Array<OpenRound> = []
    let after: OpenRound | undefined
    do {
      const page: ReadonlyArray<OpenRound> = yield* repo.open(after ?? null, slice)
      yield* queue.write(Effect.forEach(page, close, { discard: true }))
      left.push(...page.filter(({ stop_reason }) => stop_reason === null))
      after = page.length === slice ? page.at(-1) : undefined
    } while (after !== undefined)
    yield* Effect.forEach(left, ({ id, room_id }) => orchestrator.adopt(room_id, id), { discard: true })
    return left
  })

  yield* endTurns
  const left = yield* sortOut

  const costsOf = (rounds: ReadonlyArray<OpenRound>) =>
    Effect.map(
      Effect.forEach(Arrays.chunksOf(rounds, costedAtOnce), (some) =>
        Effect.zipLeft(
          repo.costs(
            some.map(({ id }) => id),
            current().CONTEXT_WINDOW
          ),
          Effect.yieldNow()
        )
      ),
      (parts) => new Map(parts.flatMap((part) => [...part]))
    )

  /** Whether nothing goes on in the room but turns that their provider keeps waiting. */
  const isHeldUp = (room: RoomId) => () => {
    const turns = live.inRoom(room)
    return turns.length > 0 && turns.every(({ draft }) => draft.waiting !== null)
  }

  const takeUp = ({ id, room_id }: OpenRound, patience: Duration.Duration) =>
    Effect.raceFirst(
      orchestrator.takeUp(room_id, id),
      Effect.repeat(Effect.sync(isHeldUp(room_id)), { until: (it) => it, schedule: Schedule.spaced("1 second") })
    ).pipe(
      Effect.timeoutOption(patience),
      Effect.catchAllCause((cause) => broke("recovery", "a round could not be taken up", cause)),
      Effect.annotateLogs({ roomId: room_id })
    )

  return Recovery.of({
    goOn: Effect.gen(function* () {
      const costs = yield* costsOf(left)
      const costOf = ({ id }: OpenRound) => costs.get(id) ?? 0
      const inOrder = Arrays.sortBy(
        Order.mapInput(Order.boolean, isSuspect),
        Order.mapInput(Order.number, costOf)
      )(left)
      for (const round of inOrder) yield* takeUp(round, isSuspect(round) ? patienceFor(costOf(round)) : moment)
    }).pipe(Effect.catchAllCause((cause) => broke("recovery", "rounds could not be taken up", cause)))
  })
})

const isSuspect = ({ tries }: OpenRound) => tries > 0

const moment = Duration.millis(100)

/** How long a round may be that might end the server, until the next comes all the same: longer where much is read. */
const patienceFor = (bytes: number) => Duration.millis(Math.min(15_000 + bytes / 5000, 60_000))
