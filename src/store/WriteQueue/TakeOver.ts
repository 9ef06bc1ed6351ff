import { Effect, Option } from "effect"
import { DbFile } from "../DbFile.ts"
import { nextTurn } from "../../lib/turns.ts"
import { Statements } from "../Statements.ts"

/** As many as SQLite lets come together. */
const enough = 1000

/**
 * Takes what stands in the log over into the database file, once so many pages have come to it since the last time: to
 * be done when those who wrote have their answers. What a reader still needs, and what cannot be written, stays in the
 * log, which grows until a later time.
 */
export const make = Effect.map(Effect.all([Statements, DbFile]), ([{ alone, command }, file]) => {
  const checkpoint = command("PRAGMA wal_checkpoint(PASSIVE)")
  let tried = 0
  const isWell = Effect.sync(() => Option.isNone(file.glance()))
  // Between two looks: what another writes to the file meanwhile would pass for a part of it.
  const once = Effect.try(checkpoint).pipe(
    Effect.whenEffect(isWell),
    Effect.ensuring(isWell),
    alone,
    Effect.catchAllCause((cause) => Effect.logDebug("the log cannot be taken over now", cause))
  )

  return Effect.suspend(() => {
    tried = Math.min(tried, file.logged())
    if (file.logged() - tried < enough) return Effect.void
    tried = file.logged()
    return Effect.zipRight(nextTurn, once)
  })
})
