import { Context, Duration, Effect, FiberSet, Layer, type Scope } from "effect"
import type { PoolBusy, PooledSeat, PoolStats } from "../domain/Pool.ts"
import { type Priority, type Provider, Seat, type Session, type SessionSpec } from "../domain/Provider.ts"
import type { ProviderError } from "../domain/ProviderError.ts"
import * as Meter from "../lib/metric.ts"
import * as Lender from "./SdkPool/Lender.ts"

export interface PoolOptions extends Lender.LenderOptions {
  /** Of the clients that are no more than a connection; `capacity` bounds those that are a process each. */
  readonly connections: number
  /** Whether there is memory to open a client before it is needed. */
  readonly isRoomy: () => boolean
}

export class SdkPool extends Context.Tag("parley/models/SdkPool")<
  SdkPool,
  {
    /**
     * Lends a seat's client, never more than one, to the caller's scope. When that scope ends well, and all turns in it
     * did, the client is kept for whoever goes on with the same spec where the session stands; otherwise it is closed.
     * Who finds the seat in use or all places leased waits, persons before agents; a full pool closes the client idle
     * for longest.
     */
    readonly lease: (
      provider: Provider,
      spec: SessionSpec,
      priority: Priority
    ) => Effect.Effect<Session, ProviderError | PoolBusy, Scope.Scope>
    /**
     * Begins to open a seat's client before it is needed, where a place is empty, nobody waits, and memory allows. What
     * becomes of it, the lease tells.
     */
    readonly prepare: (provider: Provider, spec: SessionSpec) => Effect.Effect<void>
    /** The idle clients of these seats are closed when this returns; the leased ones will be when they come back. */
    readonly evict: (which: (seat: Seat) => boolean) => Effect.Effect<void>
    readonly leases: Effect.Effect<ReadonlyArray<Seat>>
    readonly seats: Effect.Effect<ReadonlyArray<PooledSeat>>
    readonly stats: (kind: Provider["takes"]) => Effect.Effect<PoolStats>
  }
>() {
  /** Closes all clients when it is closed, leased or not. */
  static readonly layer = (options: PoolOptions) => Layer.scoped(this, make(options))
}

const leases = Meter.histogram(
  "parley_pool_lease_wait_seconds",
  "From asking for a seat's client to having it, opened where it had to be",
  [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  "kind"
)

const make = Effect.fnUntraced(function* ({ connections, isRoomy, ...options }: PoolOptions) {
  const lenders = {
    process: yield* Lender.make(options),
    connection: yield* Lender.make({ ...options, capacity: connections })
  }
  const both = [lenders.process, lenders.connection] as const
  const background = yield* FiberSet.makeRuntime<never>()
  const seats = Effect.map(Effect.all(both.map((lender) => lender.seats)), (found) => found.flat())

  return SdkPool.of({
    lease: Effect.fn("SdkPool.lease")(function* (provider, spec, priority) {
      const [waited, session] = yield* Effect.timed(lenders[provider.takes].lease(provider, spec, priority))
      leases(Duration.toSeconds(waited), provider.takes)
      // The seat may have another client still, from before its room changed the provider.
      const other = lenders[provider.takes === "process" ? "connection" : "process"]
      if (other.has(spec.seat)) background(other.evict(({ key }) => key === spec.seat.key))
      return session
    }),
    prepare: (provider, spec) =>
      provider.takes === "process" && isRoomy() ? lenders.process.prepare(provider, spec) : Effect.void,
    evict: (which) => Effect.zipRight(lenders.connection.evict(which), lenders.process.evict(which)),
    leases: Effect.map(seats, (all) =>
      all.flatMap(({ agent_id, room_id, state }) =>
        state === "leased" ? [new Seat({ roomId: room_id, agentId: agent_id })] : []
      )
    ),
    seats,
    stats: (kind) => lenders[kind].stats
  })
})
