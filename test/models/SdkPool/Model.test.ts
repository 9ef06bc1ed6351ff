import { describe, it } from "@effect/vitest"
import { assertFalse, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Arbitrary, Cause, Clock, Deferred, Effect, FastCheck, Fiber, Schema } from "effect"
import type { Session, SessionSpec } from "../../../src/domain/Provider.ts"
import { Crashed, type ProviderError } from "../../../src/domain/ProviderError.ts"
import { type Client, seat } from "../../support/Clients.ts"
import * as Pool from "../../support/Pool.ts"
import * as SteppedClock from "../../support/SteppedClock.ts"
import { settle } from "../../support/settle.ts"

const Name = Schema.Literal("a", "b", "c", "d")
const Nth = Schema.Int.pipe(Schema.between(0, 4))
const Model = Schema.Literal("m1", "m2")
const Turn = Schema.Literal("unused", "well", "without id", "fail", "die")

const Lease = Schema.Struct({ verb: Schema.Literal("lease"), name: Name, goOn: Schema.Boolean, model: Model })
const Open = Schema.Struct({ verb: Schema.Literal("open"), nth: Nth })
const Refuse = Schema.Struct({ verb: Schema.Literal("refuse"), nth: Nth })
const Return = Schema.Struct({ verb: Schema.Literal("return"), nth: Nth, turn: Turn })
const Close = Schema.Struct({ verb: Schema.Literal("close"), nth: Nth })
const Interrupt = Schema.Struct({ verb: Schema.Literal("interrupt"), nth: Nth })
const Evict = Schema.Struct({ verb: Schema.Literal("evict"), name: Name })
const Prepare = Schema.Struct({ verb: Schema.Literal("prepare"), name: Name, model: Model })
const Pass = Schema.Struct({ verb: Schema.Literal("pass"), ms: Schema.Literal(300, 1000, 4000) })

const Command = Schema.Union(Lease, Open, Refuse, Return, Close, Interrupt, Evict, Prepare, Pass)
type Command = typeof Command.Type

const rate = <A>(weight: number, schema: Schema.Schema<A>) => ({ weight, arbitrary: Arbitrary.make(schema) })
const command: FastCheck.Arbitrary<Command> = FastCheck.oneof(
  rate(6, Lease),
  rate(5, Open),
  rate(1, Refuse),
  rate(4, Return),
  rate(4, Close),
  rate(1, Interrupt),
  rate(1, Evict),
  rate(2, Prepare),
  rate(1, Pass)
)
/** Whether the pool comes to rest before the next command, or the two meet in one moment. */
const steps = FastCheck.array(FastCheck.tuple(command, FastCheck.boolean()), {
  minLength: 10,
  maxLength: 60,
  size: "large"
})

interface Borrower {
  readonly name: string
  readonly turn: Deferred.Deferred<typeof Turn.Type>
  /** What it holds, from the lease to the end of its turn. */
  client: Client | undefined
  hasHeld: boolean
  interrupted: boolean
}

const limits = { idleMs: 1000, maxWaiting: 2, waitMs: 3000, connectMs: 2000 }
const refusal = new Crashed({ reason: "as told" })

const pick = <A>(some: Iterable<A>, nth: number) => {
  const all = Array.from(some)
  return all[nth % all.length]
}

/** Fibers that borrow from a pool as they are told, and what must hold whatever they are told. */
const makeModel = Effect.fnUntraced(function* (capacity: number, advance: (ms: number) => Effect.Effect<void>) {
  const openings = new Map<Client, Deferred.Deferred<void, ProviderError>>()
  const closings = new Map<Client, Deferred.Deferred<void>>()
  const borrowers: Array<{ readonly self: Borrower; readonly fiber: Fiber.RuntimeFiber<void, unknown> }> = []
  const lent = new Set<Client>()
  const spoilt = new Set<Client>()
  const doomed = new Set<Client>()
  const idleSince = new Map<Client, number>()
  const standing = new Map<string, string | null>()
  const prepared = new Set<SessionSpec>()

  let over = false
  const gated =
    <E>(gates: Map<Client, Deferred.Deferred<void, E>>) =>
    (client: Client) =>
      Effect.flatMap(Deferred.make<void, E>(), (gate) => {
        if (over) return Effect.void
        gates.set(client, gate)
        const gone = Effect.sync(() => gates.delete(client))
        return Effect.ensuring(Deferred.await(gate), gone)
      })
  const script = { opening: gated(openings), closing: gated(closings) }
  const { alive, all, close, lease, log, pool, prepare } = yield* Pool.make({ ...limits, capacity }, script)
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      over = true
      return Effect.forEach(closings.values(), (gate) => Deferred.succeed(gate, undefined))
    })
  )

  const present = () => borrowers.filter(({ fiber }) => fiber.unsafePoll() === null)
  const asking = () => present().filter(({ self }) => !self.hasHeld)
  const holding = () => present().filter(({ self }) => self.client !== undefined)

  const wasUp = ({ id, spec }: Client) => log.includes(`+${spec.agentName}${id}`)
  const preparing = () => alive().filter((client) => prepared.has(client.spec) && !wasUp(client))

  const use = (self: Borrower, session: Session, wanted: Partial<SessionSpec>) =>
    Effect.gen(function* () {
      const [client, another] = alive().filter(({ spec }) => spec.agentName === self.name)
      assertTrue(client?.state === "up" && another === undefined, "lent when it is up, as its seat's only one")
      assertFalse(
        holding().some((other) => other.self.client === client),
        "lent to one at a time"
      )
      assertFalse(spoilt.has(client), "not lent when spoilt")
      deepStrictEqual({ model: client.spec.model, resume: client.sessionId }, wanted)
      self.client = client
      self.hasHeld = true
      lent.add(client)
      const turn = yield* Deferred.await(self.turn)
      if (turn === "die") return yield* Effect.die("as told")
      if (turn !== "unused") yield* Effect.ignore(Pool.speak(turn)(session))
      if (turn === "fail" || turn === "without id" || doomed.has(client)) spoilt.add(client)
      if (turn === "well") standing.set(self.name, client.sessionId)
      idleSince.set(client, yield* Clock.currentTimeMillis)
    }).pipe(
      Effect.onError(() => Effect.sync(() => self.client && spoilt.add(self.client))),
      Effect.ensuring(Effect.sync(() => (self.client = undefined)))
    )

  const obey = Effect.fnUntraced(function* (command: Command) {
    switch (command.verb) {
      case "lease": {
        const { goOn, model, name } = command
        const wanted = { model, resume: goOn ? (standing.get(name) ?? null) : null }
        const turn = yield* Deferred.make<typeof Turn.Type>()
        const self: Borrower = { name, turn, client: undefined, hasHeld: false, interrupted: false }
        const borrow = Effect.flatMap(lease(name, wanted), (session) => use(self, session, wanted))
        return void borrowers.push({ self, fiber: yield* Effect.fork(Effect.scoped(borrow)) })
      }
      case "open": {
        const gate = pick(openings.values(), command.nth)
        return gate && (yield* Deferred.succeed(gate, undefined))
      }
      case "refuse": {
        const gate = pick(openings.values(), command.nth)
        return gate && (yield* Deferred.fail(gate, refusal))
      }
      case "close": {
        const gate = pick(closings.values(), command.nth)
        return gate && (yield* Deferred.succeed(gate, undefined))
      }
      case "return": {
        const borrower = pick(holding(), command.nth)
        return borrower && (yield* Deferred.succeed(borrower.self.turn, command.turn))
      }
      case "interrupt": {
        const borrower = pick(present(), command.nth)
        if (borrower === undefined) return
        borrower.self.interrupted = true
        return yield* Fiber.interruptFork(borrower.fiber)
      }
      case "evict":
        return yield* Effect.fork(
          Effect.suspend(() => {
            const mine = alive().filter(({ spec }) => spec.agentName === command.name)
            for (const client of mine) (lent.has(client) ? spoilt : doomed).add(client)
            return pool.evict(({ key }) => key === seat(command.name).key)
          })
        )
      case "prepare":
        return prepared.add(
          yield* prepare(command.name, { model: command.model, resume: standing.get(command.name) ?? null })
        )
      case "pass":
        return yield* advance(command.ms)
    }
  })

  const check = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const stats = yield* pool.stats("process")
    const clients = alive()
    const held = holding().map(({ self }) => self)
    const idle = clients.filter((client) => client.state === "up" && !held.some((self) => self.client === client))

    assertTrue(clients.length <= stats.alive && stats.alive <= capacity, "never above the bound")
    strictEqual(new Set(clients.map(({ spec }) => spec.agentName)).size, clients.length, "one client for one seat")
    assertTrue(
      all.every(({ closes }) => closes <= 1),
      "closed once"
    )
    assertTrue(
      held.every(({ client }) => client?.state === "up"),
      "no leased client closed"
    )
    for (const client of idle) {
      assertFalse(spoilt.has(client), "none kept that is spoilt")
      assertTrue(now - (idleSince.get(client) ?? now) < limits.idleMs, "none idle for longer than it may")
    }
    const entries = (sign: string) => log.filter((entry) => entry.startsWith(sign)).length
    deepStrictEqual(
      { ...stats, alive: stats.alive, evicted: stats.evicted },
      {
        capacity,
        alive: stats.alive,
        evicted: stats.evicted,
        leased: held.length,
        idle: idle.length,
        opening: asking().length - stats.waiting + preparing().length,
        waiting: Math.min(stats.waiting, limits.maxWaiting),
        opened: entries("+"),
        closed: entries("-")
      }
    )
    const seats = (yield* pool.leases).map(({ key }) => key)
    deepStrictEqual(new Set(seats), new Set(held.map(({ name }) => seat(name).key)))

    const isInUse = ({ name }: Borrower) =>
      present().some(({ self }) => self.name === name && self.hasHeld) ||
      clients.some(({ spec, state }) => spec.agentName === name && state !== "up")
    const isFull = stats.opening > 0 || (stats.idle === 0 && stats.alive === capacity)
    assertTrue(isFull || asking().every(({ self }) => isInUse(self)), "nobody waits beside a free place")
  })

  /** Lets everything come to its end. */
  const finish = Effect.gen(function* () {
    for (let round = 0; present().length + preparing().length > 0 && round < 100; round++) {
      for (const gate of openings.values()) yield* Deferred.succeed(gate, undefined)
      for (const gate of closings.values()) yield* Deferred.succeed(gate, undefined)
      for (const { self } of holding()) yield* Deferred.succeed(self.turn, "unused")
      yield* settle
      const isStill = openings.size + closings.size + holding().length === 0
      if (isStill && present().length > 0) yield* advance(500)
      yield* check
    }
    const { leased, opening, waiting } = yield* pool.stats("process")
    deepStrictEqual({ leased, opening, waiting }, { leased: 0, opening: 0, waiting: 0 })
    for (const { fiber, self } of borrowers) {
      const exit = fiber.unsafePoll()
      assertTrue(exit !== null, "nobody waits for ever")
      const cause = exit._tag === "Failure" ? exit.cause : Cause.empty
      assertTrue(self.interrupted || !Cause.isInterrupted(cause), "nobody is interrupted with another")
      for (const defect of Cause.defects(cause)) if (defect !== "as told") throw defect
    }
    const closing = yield* Effect.fork(close)
    for (let round = 0; closing.unsafePoll() === null && round < 100; round++) {
      yield* settle
      for (const gate of closings.values()) yield* Deferred.succeed(gate, undefined)
    }
    yield* Fiber.join(closing)
    assertTrue(
      all.every(({ closes, state }) => closes === 1 && state === "closed"),
      "each closed exactly once"
    )
  })

  return { obey, check, finish }
})

/** Plays a schedule from an empty pool to its end. */
const play = (capacity: number, steps: ReadonlyArray<readonly [Command, boolean]>) => {
  const { advance, clock } = SteppedClock.make()
  return Effect.gen(function* () {
    const { check, finish, obey } = yield* makeModel(capacity, advance)
    for (const [command, rest] of steps) {
      yield* obey(command)
      if (rest) yield* Effect.zipRight(settle, check)
    }
    yield* Effect.zipRight(settle, check)
    yield* finish
  }).pipe(Effect.withClock(clock))
}

/** Somebody claims an idle client and goes away again, while it is evicted. */
const evictedInPassing: ReadonlyArray<readonly [Command, boolean]> = [
  [{ verb: "lease", name: "b", goOn: false, model: "m2" }, true],
  [{ verb: "open", nth: 0 }, true],
  [{ verb: "return", nth: 0, turn: "unused" }, true],
  [{ verb: "lease", name: "b", goOn: false, model: "m1" }, false],
  [{ verb: "interrupt", nth: 0 }, false],
  [{ verb: "evict", name: "b" }, false],
  [{ verb: "return", nth: 0, turn: "die" }, true]
]

describe("SdkPool", () => {
  it.scoped("keeps no client that was evicted when it had just been claimed", () => play(1, evictedInPassing))

  it.scoped.prop(
    "keeps its promises on every schedule of borrowers, faults and time",
    {
      capacity: FastCheck.integer({ min: 1, max: 4 }),
      steps
    },
    ({ capacity, steps }) => play(capacity, steps),
    { fastCheck: { numRuns: 300 }, timeout: 60_000 }
  )
})
