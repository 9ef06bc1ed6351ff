import { HttpApiBuilder } from "@effect/platform"
import { Effect } from "effect"
import { Api } from "../../Api.ts"
import { asAdmin } from "../../Auth.ts"
import { Cache, type CacheStats } from "../../../store/Cache.ts"
import type { CacheCounts } from "../../../domain/Status.ts"

const done = (message: string) => ({ status: "success" as const, message })

const counted = ({ entries, hits, invalidations, misses }: CacheStats): CacheCounts => {
  const total_requests = hits + misses
  const hit_rate = total_requests === 0 ? 0 : Math.round((hits / total_requests) * 10_000) / 100
  return { hits, misses, invalidations, total_requests, hit_rate, size: entries }
}

export const layer = HttpApiBuilder.group(Api, "debug", (handlers) =>
  Effect.map(Cache, (cache) =>
    handlers
      .handle("stats", () => Effect.zipRight(asAdmin, Effect.map(cache.stats, counted)))
      .handle("cleanup", () => Effect.as(asAdmin, done("Cache cleanup completed")))
      .handle("clear", () => asAdmin.pipe(Effect.zipRight(cache.clear), Effect.as(done("Cache cleared successfully"))))
  )
)
