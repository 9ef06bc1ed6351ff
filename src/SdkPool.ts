import { Clock, Context, Deferred, Effect, Exit, Layer, Schema, type Scope } from "effect"
import type { Provider, ProviderError, Seat, Session, SessionSpec } from "./domain/Provider.ts"
import * as Client from "./SdkPool/Client.ts"
import * as Places from "./SdkPool/Places.ts"

/** No place came free in time; or, with nothing waited, too many wait for one already. */
export class PoolBusy extends Schema.TaggedError<PoolBusy>()("PoolBusy", {
  /** How many waited in that moment, this one among them. */
  waiting: Schema.Number,
  waitedMs: Schema.Number
}) {}

export interface PoolOptions {
  /** Clients alive at once, from the moment they begin to open until they are closed. */
  readonly capacity: number
  readonly idleMs: number
  readonly maxWaiting: number
  readonly waitMs: number
  readonly connectMs: number
}

export interface PoolStats {
  /** Places taken by clients that open, are leased, idle, or close. */
  readonly alive: number
  readonly leased: number
  readonly idle: number
  readonly opening: number
  readonly waiting: number
  readonly opened: number
  readonly closed: number
  /** Those of the closed that made room for another seat. */
  readonly evicted: number
}

export class SdkPool extends Context.Tag("parley/SdkPool")<
  SdkPool,
  {
    /**
     * Lends a seat's client, never more than one, to the caller's scope. When that scope ends well, and all turns in it
     * did, the client is kept for whoever goes on with the same spec where the session stands; otherwise it is closed.
     * Who finds the seat in use or all places leased waits; a full pool closes the client idle for longest.
     */
    readonly lease: (
      provider: Provider,
      spec: SessionSpec
    ) => Effect.Effect<Session, ProviderError | PoolBusy, Scope.Scope>
    /** The idle clients of these seats are closed when this returns; the leased ones will be when they come back. */
    readonly evict: (which: (seat: Seat) => boolean) => Effect.Effect<void>
    readonly leases: Effect.Effect<ReadonlyArray<Seat>>
    readonly stats: Effect.Effect<PoolStats>
  }
>() {
  /** Closes all clients when it is closed, leased or not. */
  static readonly layer = (options: PoolOptions) => Layer.scoped(this, make(options))
}

const make = Effect.fnUntraced(function* ({ capacity, connectMs, idleMs, maxWaiting, waitMs }: PoolOptions) {
  const { open, tally } = yield* Client.makeClients(connectMs)
  const { ask, leave, places, queue, seize, shelve, vacate } = Places.make(capacity)
  let evicted = 0

  const wait = Effect.fnUntraced(function* (seat: Seat, restore: Client.Restore) {
    const waiter: Places.Waiter = { seat, claim: yield* Deferred.make<Places.Claim>() }
    const busy = (waitedMs: number) => new PoolBusy({ waiting: queue.size, waitedMs })
    ask(waiter)
    return yield* (queue.size > maxWaiting ? busy(0) : Deferred.await(waiter.claim)).pipe(
      Effect.timeoutFail({ duration: waitMs, onTimeout: () => busy(waitMs) }),
      restore,
      // The claim may have come in the same moment.
      Effect.onError(() => (queue.delete(waiter) ? Effect.void : Effect.map(Deferred.await(waiter.claim), leave)))
    )
  })

  const empty = (place: Places.Place) =>
    place.client === undefined ? Effect.void : Effect.map(Client.close(place.client), () => vacate(place))

  const clear = (claim: Places.Claim) => Effect.map(empty(claim.place), () => leave(claim))
  const clearAll = Effect.forEach(clear, { concurrency: "unbounded", discard: true })

  const fit = Effect.fnUntraced(function* (
    { doomed, place, seat }: Places.Claim,
    provider: Provider,
    spec: SessionSpec,
    restore: Client.Restore
  ) {
    const found = place.client
    if (found !== undefined && !doomed && Client.suits(found, provider, spec)) return found
    if (found !== undefined && found.seat.key !== seat.key) evicted++
    yield* empty(place)
    return (place.client = yield* open(provider, spec, restore))
  })

  const giveBack = (claim: Places.Claim, client: Client.Client, exit: Exit.Exit<unknown, unknown>) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (Exit.isSuccess(exit) && client.progress.settled && !claim.doomed) {
        client.idleSince = now
        shelve(claim)
        return Effect.void
      }
      claim.phase = "closing"
      return clear(claim)
    })

  const reap = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const due = seize(({ idleSince }) => now - idleSince >= idleMs)
    // One that closes slowly must not keep the others.
    yield* Effect.fork(clearAll(due))
    const oldest = Array.from(places).find(isIdle)
    yield* Effect.sleep(idleMs - now + (oldest?.client?.idleSince ?? now))
  })
  yield* Effect.forkScoped(Effect.forever(reap))

  return SdkPool.of({
    lease: Effect.fn("SdkPool.lease")((provider, spec) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function* () {
          const claim = yield* wait(spec.seat, restore)
          const client = yield* Effect.onError(fit(claim, provider, spec, restore), () =>
            Effect.sync(() => leave(claim))
          )
          claim.phase = "leased"
          yield* Effect.addFinalizer((exit) => giveBack(claim, client, exit))
          return client.session
        })
      )
    ),
    evict: (which) =>
      Effect.suspend(() => {
        for (const { claim } of places) if (claim !== undefined && which(claim.seat)) claim.doomed = true
        return clearAll(seize(({ seat }) => which(seat)))
      }).pipe(Effect.uninterruptible),
    leases: Effect.sync(() =>
      Array.from(places).flatMap(({ claim }) => (claim?.phase === "leased" ? [claim.seat] : []))
    ),
    stats: Effect.sync(() => {
      const count = (is: (place: Places.Place) => boolean) => Array.from(places).filter(is).length
      return {
        ...tally,
        evicted,
        alive: count(({ claim, client }) => claim !== undefined || client !== undefined),
        leased: count(({ claim }) => claim?.phase === "leased"),
        idle: count(isIdle),
        opening: count(({ claim }) => claim?.phase === "opening"),
        waiting: queue.size
      }
    })
  })
})

const isIdle = ({ claim, client }: Places.Place) => claim === undefined && client !== undefined
