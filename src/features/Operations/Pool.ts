import { Effect } from "effect"
import pidusage from "pidusage"
import type { Eviction, PooledSeat, PoolHealth, PoolState } from "../../domain/Pool.ts"
import type { Provider } from "../../domain/Provider.ts"
import { Providers } from "../../models/Providers.ts"
import { SdkPool } from "../../models/SdkPool.ts"

/**
 * What the processes keep resident, by their ids; one that is gone by now is missing, as all are where none can be
 * asked.
 */
const memoryOf = (pids: ReadonlyArray<number>) =>
  Effect.tryPromise(() => pidusage([...pids])).pipe(
    Effect.timeout("2 seconds"),
    Effect.orElseSucceed((): Awaited<ReturnType<typeof pidusage>> & object => ({})),
    Effect.map((found) => new Map(Object.entries(found).map(([pid, usage]) => [Number(pid), usage?.memory ?? null])))
  )

const measured = Effect.fnUntraced(function* (seats: ReadonlyArray<PooledSeat>) {
  const pids = seats.flatMap(({ pid }) => pid ?? [])
  const memory = pids.length === 0 ? new Map<number, number | null>() : yield* memoryOf(pids)
  return seats.map((seat) => ({ ...seat, memory_bytes: seat.pid === null ? null : (memory.get(seat.pid) ?? null) }))
})

/** How full the pool is, by provider. */
const healthOf = (providers: ReadonlyArray<Provider>, { seats, ...stats }: PoolState): PoolHealth => {
  const entries = providers.map(({ name, takes }) => {
    const own = seats.filter(({ provider }) => provider === name)
    const { alive, capacity } = stats[takes]
    const health = {
      pool_size: own.length,
      pool_keys: own.map(({ agent_id, room_id }) => `${room_id}:${agent_id}`),
      pending_cleanup_tasks: own.filter(({ state }) => state === "closing").length,
      connection_semaphore_available: capacity - alive,
      max_concurrent_connections: capacity
    }
    return [name, health] as const
  })
  return {
    pool_size: seats.length,
    active_clients: seats.filter(({ state }) => state === "leased").length,
    providers: Object.fromEntries(entries)
  }
}

/** The pool as it is now, whole and by provider. */
export const make = Effect.gen(function* () {
  const pool = yield* SdkPool
  const { all } = yield* Providers
  const now: Effect.Effect<PoolState> = Effect.all({
    process: pool.stats("process"),
    connection: pool.stats("connection"),
    seats: pool.seats
  })
  const state = Effect.flatMap(now, (found) => Effect.map(measured(found.seats), (seats) => ({ ...found, seats })))

  return {
    state,
    health: Effect.map(now, (found) => healthOf(all, found)),
    evict: ({ agent_id, room_id }: typeof Eviction.Type) =>
      Effect.zipRight(
        pool.evict(
          ({ agentId, roomId }) =>
            (room_id === undefined || room_id === roomId) && (agent_id === undefined || agent_id === agentId)
        ),
        state
      )
  }
})
