import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Fiber, TestClock } from "effect"
import { type Client, seat, specFor } from "../support/Clients.ts"
import * as Pool from "../support/Pool.ts"
import { settle } from "../support/settle.ts"

describe("SdkPool", () => {
  describe("keeps", () => {
    it.scoped("a seat's client for its next turn", () =>
      Effect.gen(function* () {
        const { all, log, lease, pool } = yield* Pool.make()

        yield* Effect.scoped(Effect.flatMap(lease("a"), Pool.speak("well")))
        const resume = all[0]?.sessionId ?? null
        yield* Effect.scoped(Effect.flatMap(lease("a", { resume }), Pool.speak("well")))

        deepStrictEqual(log, ["+a1"])
        assertEquals((yield* pool.stats("process")).idle, 1)
      })
    )

    it.scoped.each([
      ["another model", { model: "m2" }],
      ["another prompt", { systemPrompt: "You are someone else." }],
      ["other tools", { tools: [{ name: "recall", description: "Reads a memory.", parameters: {} }] }],
      ["another session", { resume: "elsewhere" }]
    ] as const)("no client for %s", ([, rest]) =>
      Effect.gen(function* () {
        const { log, touch } = yield* Pool.make()

        yield* touch("a")
        yield* touch("a", rest)

        deepStrictEqual(log, ["+a1", "-a1", "+a2"])
      })
    )

    it.scoped("no client for another provider", () =>
      Effect.gen(function* () {
        const { log, pool, provider, touch } = yield* Pool.make()

        yield* touch("a")
        yield* Effect.scoped(pool.lease(provider("other"), specFor("a"), "person"))

        deepStrictEqual(log, ["+a1", "-a1", "+a2"])
      })
    )

    it.scoped("no process of a seat whose room has gone over to a provider that needs none", () =>
      Effect.gen(function* () {
        const { log, pool, provider, touch } = yield* Pool.make()

        yield* touch("a")
        yield* touch("b")
        const light = { ...provider("light"), takes: "connection" as const }
        yield* Effect.scoped(Effect.zipLeft(pool.lease(light, specFor("a"), "person"), settle))

        deepStrictEqual(log, ["+a1", "+b2", "+a3", "-a1"])
      })
    )

    it.scoped("no client whose session has gone on since the one asked for", () =>
      Effect.gen(function* () {
        const { log, lease, touch } = yield* Pool.make()

        yield* Effect.scoped(Effect.flatMap(lease("a"), Pool.speak("well")))
        yield* touch("a")

        deepStrictEqual(log, ["+a1", "-a1", "+a2"])
      })
    )

    it.scoped.each(["fail", "without id"] as const)(
      "no client after a turn that went: %s, whatever became of the error",
      (how) =>
        Effect.gen(function* () {
          const { log, lease } = yield* Pool.make()

          yield* Effect.scoped(Effect.flatMap(lease("a"), (session) => Effect.ignore(Pool.speak(how)(session))))

          deepStrictEqual(log, ["+a1", "-a1"])
        })
    )

    it.scoped("no client after a turn that was interrupted, though its scope ended well", () =>
      Effect.gen(function* () {
        const { log, lease } = yield* Pool.make()
        const turn = Effect.flatMap(lease("a"), (session) =>
          Effect.timeoutOption(Pool.speak("hang")(session), "1 second")
        )
        const fiber = yield* Effect.fork(Effect.scoped(turn))

        yield* TestClock.adjust("1 second")
        yield* Fiber.join(fiber)

        deepStrictEqual(log, ["+a1", "-a1"])
      })
    )

    it.scoped.each([
      ["a failure", Effect.fail("no")],
      ["a defect", Effect.dieMessage("no")],
      ["an interruption", Effect.interrupt]
    ] as const)("no client after %s", ([, end]) =>
      Effect.gen(function* () {
        const { log, lease, pool } = yield* Pool.make()

        yield* Effect.exit(Effect.scoped(Effect.zipRight(lease("a"), end)))

        deepStrictEqual(log, ["+a1", "-a1"])
        deepStrictEqual([yield* pool.leases, yield* pool.seats], [[], []])
      })
    )
  })

  describe("closes", () => {
    it.scoped("each client when it has idled as long as it may", () =>
      Effect.gen(function* () {
        const { log, touch } = yield* Pool.make()
        yield* touch("a")
        yield* TestClock.adjust(25_000)
        yield* touch("b")

        yield* TestClock.adjust(34_999)
        deepStrictEqual(log, ["+a1", "+b2"])
        yield* TestClock.adjust(1)
        deepStrictEqual(log, ["+a1", "+b2", "-a1"])
        yield* TestClock.adjust(25_000)

        deepStrictEqual(log, ["+a1", "+b2", "-a1", "-b2"])
      })
    )

    it.scoped("idle clients on time though another takes its time to close", () =>
      Effect.gen(function* () {
        const closing = ({ id }: Client) => (id === 1 ? Effect.sleep("5 minutes") : Effect.void)
        const { log, touch } = yield* Pool.make({}, { closing })
        yield* touch("a")
        yield* TestClock.adjust(1000)
        yield* touch("b")

        yield* TestClock.adjust(60_000)

        deepStrictEqual(log, ["+a1", "+b2", "-b2"])
        yield* TestClock.adjust("5 minutes")
      })
    )

    it.scoped("the idle clients of a seat at once, and a leased one when it comes back", () =>
      Effect.gen(function* () {
        const { hold, log, pool, touch } = yield* Pool.make({ capacity: 3 })
        yield* Effect.forEach(["a", "c"], (name) => touch(name))
        const held = yield* hold("b")

        yield* pool.evict(({ agentId }) => agentId < seat("c").agentId)
        deepStrictEqual(log, ["+a1", "+c2", "+b3", "-a1"])
        yield* held.end

        deepStrictEqual(log, ["+a1", "+c2", "+b3", "-a1", "-b3"])
      })
    )

    it.scoped("everything before it is gone itself: idle, leased, opening, closing", () =>
      Effect.gen(function* () {
        const opening = ({ spec }: Client) => (spec.agentName === "o" ? Effect.never : Effect.void)
        const closing = () => Effect.sleep("1 second")
        const { all, close, hold, lease, touch } = yield* Pool.make({ capacity: 4 }, { opening, closing })
        yield* touch("i")
        yield* hold("l")
        yield* Effect.fork(touch("o"))
        yield* Effect.fork(Effect.scoped(Effect.zipRight(lease("c"), Effect.fail("no"))))
        yield* settle
        deepStrictEqual(
          all.map(({ state }) => state),
          ["up", "up", "opening", "closing"]
        )

        const closed = yield* Effect.fork(close)
        yield* TestClock.adjust(999)
        assertTrue(closed.unsafePoll() === null)
        yield* TestClock.adjust(1)
        yield* Fiber.join(closed)

        deepStrictEqual(
          all.map(({ closes, state }) => [closes, state]),
          Array.from({ length: 4 }, () => [1, "closed"])
        )
      })
    )
  })
})
