import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schedule, Stream } from "effect"
import { room } from "../../support/Duo.ts"
import { inVirtualHouse } from "../../support/Hours.ts"
import * as Puppet from "../../support/Puppet.ts"

const settings = {
  AGENT_QUERY_TIMEOUT: "7",
  FIRST_TOKEN_TIMEOUT: "17",
  IDLE_TIMEOUT: "11",
  TURN_TIMEOUT: "23",
  PROVIDER_PATIENCE_SECONDS: "0"
}

const drip = Stream.flatMap(Stream.repeatEffectWithSchedule(Effect.void, Schedule.spaced("5 seconds")), () =>
  Puppet.say("And so on. ")
)

/** Agents by the point at which their provider hangs. */
const hanging: Readonly<Record<string, Puppet.Act>> = {
  connect: () => Stream.never,
  first_token: () => Stream.never,
  idle: () => Stream.concat(Puppet.say("Well, "), Stream.never),
  total: () => drip
}

describe("a provider that hangs", () => {
  it.scopedLive("fails the turn at each of the four points when the setting of that point says so", () => {
    const puppet = Puppet.make({
      act: (call) => hanging[call.spec.agentName]?.(call) ?? Stream.never,
      opening: ({ agentName }) => (agentName === "connect" ? Effect.never : Effect.void)
    })
    return inVirtualHouse(
      puppet,
      (pass) =>
        Effect.gen(function* () {
          const { say, sql } = yield* room({ turn_policy: "concurrent" })
          yield* say("Hello")
          yield* pass(60)
          const turns = yield* sql`
            SELECT agent_name, error ->> '$._tag' AS tag, error ->> '$.phase' AS phase,
              error ->> '$.afterMs' AS afterMs, duration_ms / 1000 AS seconds
            FROM turns ORDER BY agent_name`
          // Where nothing was said the provider is asked a second time.
          deepStrictEqual(
            turns.map((turn) => Object.values(turn)),
            [
              ["connect", "TimedOut", "connect", 7000, 2 * 7],
              ["first_token", "TimedOut", "first_token", 17_000, 2 * 17],
              ["idle", "TimedOut", "idle", 11_000, 11],
              ["total", "TimedOut", "total", 23_000, 23]
            ]
          )
        }),
      settings,
      Object.fromEntries(Object.keys(hanging).map((name) => [name, `${name} is where it hangs.`]))
    )
  })
})
