import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Scope, Stream, TestClock } from "effect"
import { Crashed, Overloaded, type Session, type SessionSpec, TimedOut, Unauthorized } from "../src/domain/Provider.ts"
import { PoolBusy, type PoolOptions, SdkPool } from "../src/SdkPool.ts"
import * as Clients from "./support/Clients.ts"
import { settle } from "./support/settle.ts"

const { seat, specFor } = Clients

const setup = (options: Partial<PoolOptions> = {}, script: Parameters<typeof Clients.make>[0] = {}) =>
  Effect.gen(function* () {
    const world = Clients.make(script)
    const scope = yield* Scope.make()
    const layer = SdkPool.layer({
      capacity: 2,
      idleMs: 60_000,
      maxWaiting: 3,
      waitMs: 5000,
      connectMs: 2000,
      ...options
    })
    const pool = Context.get(yield* Layer.buildWithScope(layer, scope), SdkPool)
    const close = Scope.close(scope, Exit.void)
    yield* Effect.addFinalizer(() => close)

    const lease = (name: string, rest?: Partial<SessionSpec>) => pool.lease(world.provider(), specFor(name, rest))
    const touch = (name: string, rest?: Partial<SessionSpec>) => Effect.scoped(lease(name, rest))
    const hold = (...names: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        yield* Scope.extend(
          Effect.forEach(names, (name) => lease(name)),
          scope
        )
        return { end: Scope.close(scope, Exit.void) }
      })
    return { ...world, pool, close, lease, touch, hold }
  })

const speak = (how: string) => (session: Session) =>
  Stream.runDrain(session.turn({ text: how, callTool: () => Effect.dieMessage("no tools here") }))

describe("SdkPool", () => {
  describe("keeps", () => {
    it.scoped("a seat's client for its next turn", () =>
      Effect.gen(function* () {
        const { all, log, lease, pool } = yield* setup()

        yield* Effect.scoped(Effect.flatMap(lease("a"), speak("well")))
        const resume = all[0]?.sessionId ?? null
        yield* Effect.scoped(Effect.flatMap(lease("a", { resume }), speak("well")))

        deepStrictEqual(log, ["+a1"])
        assertEquals((yield* pool.stats).idle, 1)
      })
    )

    it.scoped.each([
      ["another model", { model: "m2" }],
      ["another prompt", { systemPrompt: "You are someone else." }],
      ["other tools", { tools: [{ name: "recall", description: "Reads a memory.", parameters: {} }] }],
      ["another session", { resume: "elsewhere" }]
    ] as const)("no client for %s", ([, rest]) =>
      Effect.gen(function* () {
        const { log, touch } = yield* setup()

        yield* touch("a")
        yield* touch("a", rest)

        deepStrictEqual(log, ["+a1", "-a1", "+a2"])
      })
    )

    it.scoped("no client for another provider", () =>
      Effect.gen(function* () {
        const { log, pool, provider, touch } = yield* setup()

        yield* touch("a")
        yield* Effect.scoped(pool.lease(provider("other"), specFor("a")))

        deepStrictEqual(log, ["+a1", "-a1", "+a2"])
      })
    )

    it.scoped("no client whose session has gone on since the one asked for", () =>
      Effect.gen(function* () {
        const { log, lease, touch } = yield* setup()

        yield* Effect.scoped(Effect.flatMap(lease("a"), speak("well")))
        yield* touch("a")

        deepStrictEqual(log, ["+a1", "-a1", "+a2"])
      })
    )

    it.scoped.each(["fail", "without id"])(
      "no client after a turn that went: %s, whatever became of the error",
      (how) =>
        Effect.gen(function* () {
          const { log, lease } = yield* setup()

          yield* Effect.scoped(Effect.flatMap(lease("a"), (session) => Effect.ignore(speak(how)(session))))

          deepStrictEqual(log, ["+a1", "-a1"])
        })
    )

    it.scoped("no client after a turn that was interrupted, though its scope ended well", () =>
      Effect.gen(function* () {
        const { log, lease } = yield* setup()
        const turn = Effect.flatMap(lease("a"), (session) => Effect.timeoutOption(speak("hang")(session), "1 second"))
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
        const { log, lease, pool } = yield* setup()

        yield* Effect.exit(Effect.scoped(Effect.zipRight(lease("a"), end)))

        deepStrictEqual(log, ["+a1", "-a1"])
        deepStrictEqual(yield* pool.leases, [])
      })
    )
  })

  describe("when it is full", () => {
    it.scoped("gives the place of the client idle for longest away", () =>
      Effect.gen(function* () {
        const { log, pool, touch } = yield* setup()

        yield* Effect.forEach(["a", "b", "a", "c"], (name) => touch(name))

        deepStrictEqual(log, ["+a1", "+b2", "-b2", "+c3"])
        const { alive, closed, evicted, opened } = yield* pool.stats
        deepStrictEqual({ alive, closed, evicted, opened }, { alive: 2, closed: 1, evicted: 1, opened: 3 })
      })
    )

    it.scoped("gives no place away before its client is closed", () =>
      Effect.gen(function* () {
        const gate = yield* Deferred.make<void>()
        const { alive, log, touch } = yield* setup({ capacity: 1 }, { closing: () => Deferred.await(gate) })
        yield* touch("a")

        const next = yield* Effect.fork(touch("b"))
        yield* settle
        assertEquals(alive().length, 1)
        yield* Deferred.succeed(gate, undefined)
        yield* Fiber.join(next)

        deepStrictEqual(log, ["+a1", "-a1", "+b2"])
      })
    )

    it.scoped("lets borrowers wait while every client is leased, and serves them in turn", () =>
      Effect.gen(function* () {
        const { hold, log, pool, touch } = yield* setup()
        const first = yield* hold("a")
        const second = yield* hold("b")
        const waiting = yield* Effect.forEach(["c", "d", "a"], (name) => Effect.fork(touch(name)))
        yield* settle
        assertEquals((yield* pool.stats).waiting, 3)

        yield* first.end
        yield* Fiber.joinAll(waiting)
        yield* second.end

        deepStrictEqual(log, ["+a1", "+b2", "-a1", "+c3", "-c3", "+d4", "-d4", "+a5"])
      })
    )

    it.scoped("who waits for a seat in use holds nobody else up", () =>
      Effect.gen(function* () {
        const { hold, log, touch } = yield* setup()
        const first = yield* hold("a")
        const waiting = yield* Effect.fork(touch("a"))
        yield* settle

        yield* touch("b")
        yield* first.end
        yield* Fiber.join(waiting)

        deepStrictEqual(log, ["+a1", "+b2"])
      })
    )

    it.scoped("turns away at once when as many wait as may", () =>
      Effect.gen(function* () {
        const { hold, touch } = yield* setup({ maxWaiting: 1 })
        yield* hold("a", "b")
        yield* Effect.fork(touch("c"))
        yield* settle

        assertEquals(yield* Effect.flip(touch("d")), new PoolBusy({ waiting: 1, waitedMs: 0 }))
      })
    )

    it.scoped("lets nobody wait longer than set", () =>
      Effect.gen(function* () {
        const { hold, pool, touch } = yield* setup()
        yield* hold("a", "b")
        const waiting = yield* Effect.fork(Effect.flip(touch("c")))
        yield* settle

        yield* TestClock.adjust(4999)
        assertEquals((yield* pool.stats).waiting, 1)
        yield* TestClock.adjust(1)

        assertEquals(yield* Fiber.join(waiting), new PoolBusy({ waiting: 0, waitedMs: 5000 }))
        assertEquals((yield* pool.stats).waiting, 0)
      })
    )

    it.scoped("forgets a borrower that gave up, also in the moment when its place came", () =>
      Effect.gen(function* () {
        const { hold, log, pool, touch } = yield* setup({ capacity: 1 })
        const held = yield* hold("a")
        const waiting = yield* Effect.fork(touch("b"))
        yield* settle

        yield* Effect.zipRight(held.end, Fiber.interrupt(waiting))
        yield* touch("a")

        deepStrictEqual(log, ["+a1"])
        assertEquals((yield* pool.stats).waiting, 0)
      })
    )
  })

  it.scoped("a seat has one client: its second borrower waits for the first", () =>
    Effect.gen(function* () {
      const { hold, log, pool, touch } = yield* setup()
      const first = yield* hold("a")
      const second = yield* Effect.fork(touch("a", { model: "m2" }))
      yield* settle
      deepStrictEqual(yield* pool.leases, [seat("a")])
      deepStrictEqual(log, ["+a1"])

      yield* first.end
      yield* Fiber.join(second)

      deepStrictEqual(log, ["+a1", "-a1", "+a2"])
    })
  )

  it.scoped("a seat whose client is being closed for another waits for the end of that", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const closing = ({ id }: Clients.Client) => (id === 1 ? Deferred.await(gate) : Effect.void)
      const { alive, log, touch } = yield* setup({}, { closing })
      yield* Effect.forEach(["a", "b"], (name) => touch(name))

      const others = yield* Effect.forEach(["c", "a"], (name) => Effect.fork(touch(name)))
      yield* settle
      deepStrictEqual(
        alive().map(({ id }) => id),
        [1, 2]
      )
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.joinAll(others)

      deepStrictEqual(log, ["+a1", "+b2", "-a1", "+c3", "-b2", "+a4"])
    })
  )

  describe("opening", () => {
    it.scoped("is tried again while the provider is overloaded or crashes, each time from nothing", () =>
      Effect.gen(function* () {
        const tries = [new Overloaded(), new Crashed({ reason: "gone" }), Effect.void]
        const opening = ({ id }: Clients.Client) => tries[id - 1] ?? Effect.void
        const { all, log, touch } = yield* setup({}, { opening })
        const fiber = yield* Effect.fork(touch("a"))

        yield* TestClock.adjust(100)
        deepStrictEqual(
          all.map(({ state }) => state),
          ["closed"]
        )
        yield* TestClock.adjust(1000)
        yield* Fiber.join(fiber)

        deepStrictEqual(log, ["+a3"])
        deepStrictEqual(
          all.map(({ closes }) => closes),
          [1, 1, 0]
        )
      })
    )

    it.scoped("fails at once on what no second try can mend, and leaves the place free", () =>
      Effect.gen(function* () {
        const { all, pool, touch } = yield* setup({}, { opening: () => new Unauthorized() })

        assertEquals(yield* Effect.flip(touch("a")), new Unauthorized())

        deepStrictEqual(
          all.map(({ closes }) => closes),
          [1]
        )
        assertEquals((yield* pool.stats).alive, 0)
      })
    )

    it.scoped("has a deadline, tries and all, and nothing of it stays", () =>
      Effect.gen(function* () {
        const { alive, pool, touch } = yield* setup({}, { opening: () => Effect.never })
        const fiber = yield* Effect.fork(Effect.flip(touch("a")))
        yield* settle

        yield* TestClock.adjust(1999)
        assertEquals(alive().length, 1)
        yield* TestClock.adjust(1)

        assertEquals(yield* Fiber.join(fiber), new TimedOut({ phase: "connect", afterMs: 2000 }))
        assertEquals(alive().length, 0)
        assertEquals((yield* pool.stats).alive, 0)
      })
    )

    it.scoped("stops when its borrower is interrupted", () =>
      Effect.gen(function* () {
        const { all, pool, touch } = yield* setup({}, { opening: () => Effect.never })
        const fiber = yield* Effect.fork(touch("a"))
        yield* settle

        yield* Fiber.interrupt(fiber)

        deepStrictEqual(
          all.map(({ closes, state }) => [closes, state]),
          [[1, "closed"]]
        )
        assertEquals((yield* pool.stats).alive, 0)
      })
    )
  })

  describe("closes", () => {
    it.scoped("each client when it has idled as long as it may", () =>
      Effect.gen(function* () {
        const { log, touch } = yield* setup()
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
        const closing = ({ id }: Clients.Client) => (id === 1 ? Effect.sleep("1 hour") : Effect.void)
        const { log, touch } = yield* setup({}, { closing })
        yield* touch("a")
        yield* TestClock.adjust(1000)
        yield* touch("b")

        yield* TestClock.adjust(60_000)

        deepStrictEqual(log, ["+a1", "+b2", "-b2"])
        yield* TestClock.adjust("2 hours")
      })
    )

    it.scoped("the idle clients of a seat at once, and a leased one when it comes back", () =>
      Effect.gen(function* () {
        const { hold, log, pool, touch } = yield* setup({ capacity: 3 })
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
        const opening = ({ spec }: Clients.Client) => (spec.agentName === "o" ? Effect.never : Effect.void)
        const closing = () => Effect.sleep("1 second")
        const { all, close, hold, lease, touch } = yield* setup({ capacity: 4 }, { opening, closing })
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
          Array(4).fill([1, "closed"])
        )
      })
    )
  })
})
