import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Clock, Effect, Stream } from "effect"
import { Overloaded, RateLimited } from "../../../src/domain/ProviderError.ts"
import { RoomId } from "../../../src/domain/RoomId.ts"
import { LiveTurns } from "../../../src/engine/LiveTurns.ts"
import { Topic } from "../../../src/store/Topic.ts"
import { SdkPool } from "../../../src/models/SdkPool.ts"
import * as Client from "../../support/Client.ts"
import { inHouse, room, setup } from "../../support/Duo.ts"
import { inVirtualHouse } from "../../support/Hours.ts"
import * as House from "../../support/House.ts"
import * as Puppet from "../../support/Puppet.ts"
import * as Watch from "../../support/Watch.ts"

const hello = Stream.concat(Puppet.say("It is good to be heard at last, after all this time."), Puppet.done())

/** The next wait that begins. */
const waiting = ({ until }: Effect.Effect.Success<ReturnType<typeof Watch.room>>) =>
  Effect.map(
    until("turn_waiting", ({ waiting }) => waiting !== null),
    (event) => event.waiting
  )

/** Asks for a long pause as long as it is down. */
const sulking = () => {
  const mood = { down: true }
  const puppet = Puppet.make({
    act: () => (mood.down ? Stream.fail(new RateLimited({ retryAfterMs: 1_000_000 })) : hello)
  })
  return { mood, puppet }
}

const once = { max_follow_ups: 0, turn_policy: "mentioned_only" } as const

describe("a room whose provider cannot be asked", () => {
  it.scopedLive("has its answer after 15 minutes of overload, told by the attempt that answered", () =>
    Effect.suspend(() => {
      const puppet = Puppet.make({
        act: () =>
          Stream.unwrap(
            Effect.map(Clock.currentTimeMillis, (now) =>
              now < 900_000 ? Stream.fail(new Overloaded({ retryAfterMs: null })) : hello
            )
          )
      })
      return inVirtualHouse(puppet, (pass) =>
        Effect.gen(function* () {
          const { lastRound, say, turns } = yield* room(once)
          yield* say("Are you there, @Ada?")
          yield* pass(970)
          deepStrictEqual(yield* turns, [["Ada", "replied"]])
          const round = yield* lastRound
          const { duration_ms, first_token_ms } = round.turns[0] ?? {}
          assertEquals(round.stop_reason, "max_rounds")
          assertTrue((first_token_ms ?? Infinity) < 2000 && (duration_ms ?? 0) >= 890_000)
        })
      )
    })
  )

  it.scopedLive("shows what it waits for, also to who comes late, and holds no client meanwhile", () =>
    Effect.suspend(() => {
      let calls = 0
      const puppet = Puppet.make({
        act: () => (++calls === 1 ? Stream.fail(new RateLimited({ retryAfterMs: 1500 })) : hello)
      })
      return inHouse(
        puppet,
        Effect.gen(function* () {
          const { id, say, turns, watch } = yield* room(once)
          const live = yield* LiveTurns
          const pool = yield* SdkPool

          yield* say("Are you there, @Ada?")
          const told = yield* waiting(watch)
          const greeting = live.greeting(Topic.Room({ id: RoomId.make(id) }))
          assertEquals((yield* pool.leases).length, 0)
          const over = yield* watch.until("turn_waiting")
          yield* watch.ended

          deepStrictEqual([told?.attempt, told?.provider, told?.reason], [2, "puppet", "rate_limited"])
          deepStrictEqual(
            greeting.map(({ type }) => type),
            ["stream_start", "turn_waiting"]
          )
          assertEquals(over.waiting, null)
          deepStrictEqual(yield* turns, [["Ada", "replied"]])
        })
      )
    })
  )

  const ends = [
    ["a pause", "pause", 1],
    ["a message that comes", "message", 2]
  ] as const
  for (const [name, how, count] of ends) {
    it.scopedLive(`stops waiting at once for ${name}, with nothing said and nothing to pay`, () =>
      Effect.suspend(() => {
        const { mood, puppet } = sulking()
        return inHouse(
          puppet,
          Effect.gen(function* () {
            const { pause, rounds, say, sql, turns, watch } = yield* room(once)

            yield* say("Are you there, @Ada?")
            yield* waiting(watch)
            mood.down = false
            yield* how === "pause" ? pause : say("Never mind, @Ada.")
            yield* watch.ended

            deepStrictEqual((yield* turns)[0], ["Ada", "interrupted"])
            const [turn] = yield* sql`SELECT message_id, counted_tokens FROM turns ORDER BY id`
            deepStrictEqual([turn?.["message_id"], turn?.["counted_tokens"]], [null, 0])
            assertEquals(puppet.calls.length, 1)
            assertEquals((yield* rounds).length, count)
          })
        )
      })
    )
  }

  it.scopedLive("holds up no server that ends, and is answered by one that can, however many there were between", () =>
    Effect.gen(function* () {
      const { mood, puppet } = sulking()
      const settings = { ...(yield* House.folders({ Ada: "Ada builds clocks." })), SHUTDOWN_SECONDS: "60" }
      const life = <A, E>(test: Effect.Effect<A, E, Effect.Effect.Context<typeof setup>>) =>
        Effect.scoped(Effect.provide(Effect.scoped(test), House.layer({ settings, providers: [puppet.provider] })))

      const id = yield* life(
        Effect.gen(function* () {
          const { id, say, watch } = yield* room(once)
          yield* say("Are you there, @Ada?")
          yield* waiting(watch)
          return id
        })
      )
      const waitAgain = Effect.flatMap(Watch.room(id), waiting)
      yield* Effect.replicateEffect(life(waitAgain), 2)
      mood.down = false
      yield* life(
        Effect.gen(function* () {
          const { ask } = yield* Client.make
          const watch = yield* Watch.room(id)
          const path = { room_id: id }
          const [round] = yield* ask(({ rounds }) => rounds.list({ path }))
          if (round?.ended_at === null) yield* watch.ended
          const { turns } = yield* ask(({ rounds }) => rounds.get({ path: { ...path, round_id: round?.id ?? 0 } }))
          deepStrictEqual(
            turns.map(({ outcome }) => outcome),
            ["interrupted", "interrupted", "interrupted", "replied"]
          )
        })
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("is told of the provider's error when nobody can wait so long", () =>
    Effect.suspend(() => {
      const { puppet } = sulking()
      return inHouse(
        puppet,
        Effect.gen(function* () {
          const { say, turns, watch } = yield* room(once)
          yield* say("Are you there, @Ada?")
          const { stop_reason } = yield* watch.ended
          assertEquals(stop_reason, "provider_unavailable")
          deepStrictEqual(yield* turns, [["Ada", "failed"]])
        }),
        { PROVIDER_PATIENCE_SECONDS: "600" }
      )
    })
  )
})
