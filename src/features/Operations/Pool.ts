import { Effect } from "effect"
import pidusage from "pidusage"
import type { Eviction, PooledSeat, PoolState } from "../../domain/Pool.ts"
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

export const make = Effect.map(SdkPool, (pool) => {
  const state: Effect.Effect<PoolState> = Effect.all({
    process: pool.stats("process"),
    connection: pool.stats("connection"),
    seats: Effect.flatMap(pool.seats, measured)
  })
  return {
    state,
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
