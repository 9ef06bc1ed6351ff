import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Clock, Deferred, Effect, Stream } from "effect"
import { Overloaded, RateLimited, Unauthorized } from "../../src/domain/ProviderError.ts"
import { room } from "../support/Duo.ts"
import { inVirtualHouse } from "../support/Hours.ts"
import { counted } from "../support/metrics.ts"
import * as Puppet from "../support/Puppet.ts"

/** Notes when, in seconds, which room's agents were asked; then does as the test says. */
const noting = (act: Puppet.Act) => {
  const asked: Array<readonly [second: number, room: number]> = []
  const noted: Puppet.Act = (call) =>
    Stream.unwrap(
      Effect.map(Clock.currentTimeMillis, (now): ReturnType<Puppet.Act> => {
        asked.push([Math.floor(now / 1000), call.spec.seat.roomId])
        return act(call)
      })
    )
  const seconds = (room: number) => [...new Set(asked.flatMap(([second, of]) => (of === room ? [second] : [])))]
  return { puppet: Puppet.make({ act: noted }), asked, seconds }
}

const often = { autonomous: true, autonomous_every: 10, autonomous_ceiling: 40, autonomous_max_rounds: 4 }

describe("a room left to itself", () => {
  it.scopedLive("makes no model call when it is not autonomous", () =>
    Effect.suspend(() => {
      const { asked, puppet } = noting(Puppet.skip)
      return inVirtualHouse(puppet, (pass) =>
        Effect.gen(function* () {
          yield* room()
          yield* pass(600)
          deepStrictEqual(asked, [])
        })
      )
    })
  )

  it.scopedLive("talks by itself ever less often, until its number of rounds, and anew after a person spoke", () =>
    Effect.suspend(() => {
      const { puppet, seconds } = noting(Puppet.skip)
      return inVirtualHouse(puppet, (pass) =>
        Effect.gen(function* () {
          const { id, rounds, say } = yield* room(often)
          yield* pass(200)
          const begun = seconds(id).filter((second, index, all) => second > (all[index - 1] ?? 0) + 1)
          const gaps = begun.map((second, index) => second - (begun[index - 1] ?? 0))
          assertEquals(gaps.length, 4)
          for (const [index, expected] of [10, 20, 40, 40].entries()) {
            assertTrue(Math.abs((gaps[index] ?? 0) - expected) <= 2, `${gaps.join()}`)
          }
          yield* say("Good morning.")
          yield* pass(13)
          deepStrictEqual(
            (yield* rounds).map(({ kind }: { kind: string }) => kind),
            ["autonomous", "message", "autonomous", "autonomous", "autonomous", "autonomous"]
          )
        })
      )
    })
  )

  it.scopedLive("is quiet while it is paused, or stopped by the loop guard, or holds but one agent", () =>
    Effect.suspend(() => {
      const { asked, puppet } = noting(Puppet.skip)
      return inVirtualHouse(puppet, (pass) =>
        Effect.gen(function* () {
          const { id, idOf, leave, pause, resume, sql } = yield* room(often)
          yield* pause
          yield* pass(60)
          yield* resume
          yield* sql`UPDATE rooms SET loop_guard = 'circles' WHERE id = ${id}`
          yield* pass(200)
          yield* sql`UPDATE rooms SET loop_guard = NULL WHERE id = ${id}`
          yield* leave(idOf("Bo"))
          yield* pass(200)
          deepStrictEqual(asked, [])
        })
      )
    })
  )

  it.scopedLive("gives way to a person at once, and never cuts a person's round off", () =>
    Effect.gen(function* () {
      const speaking = yield* Deferred.make<void>()
      yield* Effect.suspend(() => {
        const { asked, puppet } = noting((call) =>
          call.number === 1
            ? Stream.fromEffect(Effect.zipRight(Deferred.succeed(speaking, undefined), Effect.never))
            : call.number === 2
              ? Stream.concat(Puppet.say("A long answer to a person"), Stream.never)
              : Puppet.skip(call)
        )
        return inVirtualHouse(
          puppet,
          (pass) =>
            Effect.gen(function* () {
              const { rounds, say } = yield* room(often)
              yield* pass(12)
              yield* Deferred.await(speaking)
              yield* say("I am back.")
              yield* pass(3)
              assertEquals(asked.length, 2)
              yield* pass(60)
              const [second, first] = yield* rounds
              deepStrictEqual([first?.kind, first?.stop_reason], ["autonomous", "interrupted"])
              deepStrictEqual([second?.kind, asked.length], ["message", 2])
            }),
          { IDLE_TIMEOUT: "3600", TURN_TIMEOUT: "7200" }
        )
      })
    })
  )
})

describe("a room whose provider fails", () => {
  it.scopedLive(
    "backs off until the breaker opens, half-opens and closes, while others keep their cadence",
    () =>
      Effect.suspend(() => {
        let broken = 0
        const { puppet, seconds } = noting((call) =>
          call.spec.seat.roomId === broken ? Stream.fail(new Overloaded({ retryAfterMs: null })) : Puppet.skip(call)
        )
        return inVirtualHouse(
          puppet,
          (pass) =>
            Effect.gen(function* () {
              const steady = { ...often, autonomous_ceiling: 10, autonomous_max_rounds: 10_000 }
              const { ask, id } = yield* room(steady)
              const other = yield* room({ name: "fine", ...steady })
              broken = id
              const state = Effect.map(
                ask(({ admin }) => admin.scheduler()),
                ({ rooms }) => rooms.find(({ room_id }) => room_id === id)
              )
              const seen: Array<string> = []
              for (let looks = 0; looks < 60; looks++) {
                yield* pass(4)
                const now = yield* state
                const look = `${now?.breaker} ${now?.failures}`
                if (seen.at(-1) !== look) seen.push(look)
              }
              deepStrictEqual(seen.slice(0, 6), ["closed 0", "closed 1", "closed 2", "closed 3", "closed 4", "open 5"])
              const gaps = seconds(id).map((second, index, all) => second - (all[index - 1] ?? 0))
              assertTrue(
                gaps.slice(1, 6).every((gap, index) => gap >= 5 * 2 ** index && gap <= 12 * 2 ** index),
                gaps.join()
              )
              assertTrue(seconds(other.id).length >= 20, String(seconds(other.id).length))
              broken = 0
              yield* pass(340)
              const last = yield* state
              deepStrictEqual([last?.breaker, last?.failures], ["closed", 0])
            }),
          { PROVIDER_PATIENCE_SECONDS: "0" }
        )
      }),
    60_000
  )
})

describe("rooms whose provider fails them all at once", () => {
  it.scopedLive(
    "do not all come back at once: each draws its own part of the pause",
    () =>
      Effect.suspend(() => {
        const { puppet } = noting(() => Stream.fail(new Unauthorized()))
        return inVirtualHouse(
          puppet,
          (pass) =>
            Effect.gen(function* () {
              const steady = { ...often, autonomous_ceiling: 10, autonomous_max_rounds: 10_000 }
              const { ask } = yield* room(steady)
              for (let number = 0; number < 4; number++) yield* room({ name: `room ${number}`, ...steady })
              const begun = counted("parley_autonomous_rounds_total", { stop_reason: "provider_unavailable" })
              const before = yield* begun
              yield* pass(26)
              const { rooms: states } = yield* ask(({ admin }) => admin.scheduler())
              deepStrictEqual(
                states.map(({ failures }) => failures),
                Array.from({ length: 5 }, () => 2)
              )
              assertEquals((yield* begun) - before, 10)
              assertTrue(
                new Set(states.map(({ due_at }) => due_at)).size >= 4,
                String(states.map(({ due_at }) => due_at))
              )
            }),
          { MAX_CONCURRENT_ROOMS: "8", PROVIDER_PATIENCE_SECONDS: "0" }
        )
      }),
    60_000
  )
})

describe("rooms whose provider asks for a pause", () => {
  it.scopedLive("begin nothing by themselves in it, and stay due", () =>
    Effect.suspend(() => {
      const { asked, puppet } = noting((call) =>
        call.number === 1 ? Stream.fail(new RateLimited({ retryAfterMs: 300_000 })) : Puppet.skip(call)
      )
      return inVirtualHouse(puppet, (pass) =>
        Effect.gen(function* () {
          const { rounds } = yield* room(often)
          yield* pass(290)
          deepStrictEqual([asked.length, (yield* rounds).length], [1, 1])
          yield* pass(60)
          assertTrue(asked.length > 1)
        })
      )
    })
  )

  it.scopedLive("begin by themselves as soon as one of their models may be asked, and no sooner", () =>
    Effect.suspend(() => {
      const { puppet, seconds } = noting((call) =>
        call.spec.model === "b" ? Puppet.skip(call) : Stream.fail(new RateLimited({ retryAfterMs: 300_000 }))
      )
      return inVirtualHouse(puppet, (pass) =>
        Effect.gen(function* () {
          const steady = { ...often, autonomous_ceiling: 10, autonomous_max_rounds: 10_000 }
          const { ask, id, idOf } = yield* room({ ...steady, model: "a" })
          const other = yield* room({ name: "b", ...steady, model: "b" })
          const mixed = yield* room({ name: "mixed", ...steady, model: "a" })
          const seat = { ...mixed.inRoom, agent_id: idOf("Bo") }
          yield* ask(({ rooms }) => rooms.choose({ path: seat, payload: { model: "b" } }))
          yield* pass(200)
          deepStrictEqual(
            [id, other.id, mixed.id].map((of) => seconds(of).length > 2),
            [false, true, true]
          )
          // The one that the vendor answered with its pause may have been another's.
          assertTrue(seconds(id).length <= 1)
        })
      )
    })
  )
})

describe("many rooms", () => {
  it.scopedLive("share the places: slow ones keep theirs no longer than allowed, and every other gets its turn", () =>
    Effect.suspend(() => {
      const { puppet, seconds } = noting((call) => (call.spec.seat.roomId <= 4 ? Stream.never : Puppet.skip(call)))
      return inVirtualHouse(
        puppet,
        (pass) =>
          Effect.gen(function* () {
            const { ask } = yield* room(often)
            const ids = [2]
            for (let number = 0; number < 5; number++) {
              const { id } = yield* room({ name: `room ${number}`, ...often })
              ids.push(id)
            }
            yield* pass(11)
            const { capacity, running } = yield* ask(({ admin }) => admin.scheduler())
            deepStrictEqual([capacity, running.length], [2, 2])
            yield* pass(200)
            for (const id of ids) assertTrue(seconds(id).length > 0, `room ${id} never had its turn`)
          }),
        { MAX_CONCURRENT_ROOMS: "2", AUTONOMOUS_ROUND_SECONDS: "30" }
      )
    })
  )

  it.scopedLive("leave nothing running when the server closes in the middle of their rounds", () =>
    Effect.gen(function* () {
      const { puppet } = noting(() => Stream.never)
      yield* inVirtualHouse(
        puppet,
        (pass) =>
          Effect.gen(function* () {
            yield* room(often)
            yield* pass(13)
            assertEquals(puppet.open.size, 1)
          }),
        { SHUTDOWN_SECONDS: "0" }
      )
      deepStrictEqual([puppet.open.size, puppet.interrupted()], [0, 1])
    })
  )
})
