import { Effect } from "effect"
import type { PoolHealth } from "../../domain/Pool.ts"
import { Providers } from "../../models/Providers.ts"
import { SdkPool } from "../../models/SdkPool.ts"

/** How full the pool is, by provider. */
export const make = Effect.gen(function* () {
  const pool = yield* SdkPool
  const providers = yield* Providers
  const now = Effect.all({
    connection: pool.stats("connection"),
    process: pool.stats("process"),
    seats: pool.seats
  })

  return Effect.map(now, ({ seats, ...stats }): PoolHealth => {
    const entries = providers.all.map(({ name, takes }) => {
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
  })
})
