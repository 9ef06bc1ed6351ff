import { Array, Clock, DateTime, Deferred, Effect, Exit, FiberSet } from "effect"
import type { Priority, Provider, Seat, SessionSpec } from "../../domain/Provider.ts"
import { PoolBusy, type PooledSeat, type PoolStats } from "../../domain/Pool.ts"
import { Timestamp } from "../../domain/Time.ts"
import * as GenAi from "../../telemetry/GenAi.ts"
import type { Restore } from "../../lib/restore.ts"
import * as Client from "./Client.ts"
import * as Places from "./Places.ts"

export interface LenderOptions {
  /** Clients alive at once, from the moment they begin to open until they are closed. */
  readonly capacity: number
  readonly idleMs: number
  readonly maxWaiting: number
  readonly waitMs: number
  readonly connectMs: number
}

/** Lends the clients of one kind. All are closed when the scope ends, leased or not. */
export const make = Effect.fnUntraced(function* (options: LenderOptions) {
  const { capacity, connectMs, idleMs, maxWaiting, waitMs } = options
  const { open, tally } = yield* Client.makeClients(connectMs)
  const { ask, has, leave, places, queue, seize, shelve, spare, vacate } = Places.make(capacity)
  const preparing = yield* FiberSet.makeRuntime<never>()
  let evicted = 0

  const empty = (place: Places.Place) =>
    place.client === undefined ? Effect.void : Effect.map(Client.close(place.client), () => vacate(place))

  const clear = (claim: Places.Claim) => Effect.map(empty(claim.place), () => leave(claim))
  const retire = (claim: Places.Claim) =>
    Effect.suspend(() => {
      claim.phase = "closing"
      return clear(claim)
    })
  const clearAll = Effect.forEach(clear, { concurrency: "unbounded", discard: true })

  /** A client that was found in the place, and evicted since, must not stay. */
  const forgo = (claim: Places.Claim) =>
    Effect.suspend(() => (claim.place.client?.doomed ? clear(claim) : Effect.sync(() => leave(claim))))

  const wait = Effect.fnUntraced(function* (seat: Seat, priority: Priority, restore: Restore) {
    const waiter: Places.Waiter = { seat, priority, claim: yield* Deferred.make<Places.Claim>(), served: null }
    const busy = (waitedMs: number) => new PoolBusy({ waiting: queue.size, waitedMs })
    ask(waiter)
    if (waiter.served !== null) return waiter.served
    return yield* (queue.size > maxWaiting ? busy(0) : Deferred.await(waiter.claim)).pipe(
      Effect.timeoutFail({ duration: waitMs, onTimeout: () => busy(waitMs) }),
      restore,
      // The claim may have come in the same moment.
      Effect.onError(() => (queue.delete(waiter) ? Effect.void : Effect.flatMap(Deferred.await(waiter.claim), forgo)))
    )
  })

  const fit = Effect.fnUntraced(function* (
    { place, seat }: Places.Claim,
    provider: Provider,
    spec: SessionSpec,
    restore: Restore
  ) {
    const found = place.client
    if (found !== undefined && !found.doomed && Client.suits(found, provider, spec)) return found
    if (found !== undefined && found.seat.key !== seat.key) evicted++
    yield* empty(place)
    return (place.client = yield* open(provider, spec, restore))
  })

  const keep = (claim: Places.Claim, client: Client.Client) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      client.idleSince = now
      shelve(claim)
    })

  const giveBack = (claim: Places.Claim, client: Client.Client, exit: Exit.Exit<unknown, unknown>) =>
    Effect.suspend(() => {
      const isSound = Exit.isSuccess(exit) && client.progress.settled && !claim.doomed && !client.doomed
      return isSound ? keep(claim, client) : retire(claim)
    })

  const lease = (provider: Provider, spec: SessionSpec, priority: Priority) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const asked = yield* Clock.currentTimeMillis
        const claim = yield* wait(spec.seat, priority, restore)
        yield* GenAi.waited("lease", (yield* Clock.currentTimeMillis) - asked)
        const client = yield* Effect.onError(fit(claim, provider, spec, restore), () => Effect.sync(() => leave(claim)))
        claim.phase = "leased"
        yield* Effect.addFinalizer((exit) => giveBack(claim, client, exit))
        return client.session
      })
    )

  /** One that cannot be opened is left to whoever will need it, who meets the same error. */
  const prepare = (provider: Provider, spec: SessionSpec) =>
    Effect.sync(() => {
      const claim = spare(spec.seat)
      if (claim === undefined) return
      const opened = Effect.matchCauseEffect(fit(claim, provider, spec, Effect.interruptible), {
        onFailure: () => Effect.sync(() => leave(claim)),
        onSuccess: (client) => (claim.doomed ? retire(claim) : keep(claim, client))
      })
      preparing(Effect.uninterruptible(opened))
    })

  const reap = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const due = seize(({ idleSince }) => now - idleSince >= idleMs)
    // One that closes slowly must not keep the others.
    yield* Effect.fork(clearAll(due))
    const oldest = Array.fromIterable(places).find(isIdle)
    yield* Effect.sleep(idleMs - now + (oldest?.client?.idleSince ?? now))
  })
  yield* Effect.forkScoped(Effect.forever(reap))

  const evict = (which: (seat: Seat) => boolean) =>
    Effect.suspend(() => {
      for (const { claim, client } of places) {
        if (claim === undefined) continue
        if (which(claim.seat)) claim.doomed = true
        if (client !== undefined && which(client.seat)) client.doomed = true
      }
      return clearAll(seize(({ seat }) => which(seat)))
    }).pipe(Effect.uninterruptible)

  const seats = Effect.sync(() => Array.fromIterable(places).flatMap(seatIn))

  const stats: Effect.Effect<PoolStats> = Effect.sync(() => {
    const count = (is: (place: Places.Place) => boolean) => Array.fromIterable(places).filter(is).length
    return {
      ...tally,
      capacity,
      evicted,
      alive: count(({ claim, client }) => claim !== undefined || client !== undefined),
      leased: count(({ claim }) => claim?.phase === "leased"),
      idle: count(isIdle),
      opening: count(({ claim }) => claim?.phase === "opening"),
      waiting: queue.size
    }
  })

  return { lease, prepare, evict, has, seats, stats }
})

const isIdle = ({ claim, client }: Places.Place) => claim === undefined && client !== undefined

const timeOf = (ms: number) => Timestamp.make(DateTime.formatIso(DateTime.unsafeMake(ms)))

const seatIn = ({ claim, client }: Places.Place): ReadonlyArray<PooledSeat> => {
  const seat = claim?.seat ?? client?.seat
  if (seat === undefined) return []
  return [
    {
      room_id: seat.roomId,
      agent_id: seat.agentId,
      state: claim?.phase ?? "idle",
      provider: client?.provider ?? null,
      model: client?.model ?? null,
      opened_at: client === undefined ? null : timeOf(client.openedAt),
      idle_since: client === undefined || claim !== undefined ? null : timeOf(client.idleSince),
      pid: client?.session.pid ?? null,
      memory_bytes: null
    }
  ]
}
