import { NodeContext } from "@effect/platform-node"
import { Console, Context, Deferred, Effect, Fiber, Layer, Random, Stream } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { readdirSync } from "node:fs"
import { AgentId } from "../../src/domain/Agent.ts"
import { type Provider, Seat } from "../../src/domain/Provider.ts"
import { Crashed } from "../../src/domain/ProviderError.ts"
import { RoomId } from "../../src/domain/RoomId.ts"
import { SdkPool } from "../../src/models/SdkPool.ts"
import { children } from "../support/children.ts"
import { input, makeHouse, spec } from "../support/ClaudeHouse.ts"
import * as Api from "../support/MessagesApi.ts"
import * as Puppet from "../support/Puppet.ts"
import { turnOf } from "../support/turns.ts"

interface Fate {
  readonly isCut: boolean
  readonly isFault: boolean
}

const seats = 40
const capacity = 8
const samples = 30
/** How much more memory the last third may take than the middle one. */
const margin = { percent: 15, bytes: 24 * 2 ** 20 }

const puppets = Effect.sync((): Actors => {
  const { provider } = Puppet.make({
    act: ({ input }) => {
      const begun = Puppet.say("One ", "two ")
      if (input.ask === "cut") return Stream.concat(begun, Stream.never)
      if (input.ask === "fault") return Stream.concat(begun, Stream.fail(new Crashed({ reason: "as told" })))
      return Stream.concat(begun, Puppet.done("session"))
    }
  })
  return { provider, running: Effect.succeed([]) }
})

interface Actors {
  readonly provider: Provider
  readonly running: Effect.Effect<ReadonlyArray<number>>
}

const clients = Effect.gen(function* () {
  const { provider } = yield* makeHouse({}, (response, call) => {
    const last = call.said.at(-1)?.texts.at(-1)
    if (last === "cut") return Api.answer(Api.text("One ", Effect.never))(response, call)
    return last === "fault" ? Api.stumble(response, call) : Api.answer(Api.text("One ", "two "))(response, call)
  })
  const context = yield* Effect.context<Effect.Effect.Context<typeof children>>()
  return { provider, running: Effect.provide(children, context) } satisfies Actors
})

const measure = Effect.sync(() => {
  globalThis.gc?.()
  return { memory: process.memoryUsage.rss(), descriptors: readdirSync("/proc/self/fd").length }
})

const median = (values: ReadonlyArray<number>) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** Turns of many seats on a small pool, some interrupted and some broken; fails unless all of it is given back. */
export const run = ({ isReal, turns }: { readonly isReal: boolean; readonly turns: number }) =>
  Effect.gen(function* () {
    const { provider, running } = yield* isReal ? clients : puppets
    const limits = { capacity, idleMs: 60_000, maxWaiting: seats, waitMs: 120_000, connectMs: 60_000 }
    const pool = Context.get(
      yield* Layer.build(SdkPool.layer({ ...limits, connections: 1, isRoomy: () => true })),
      SdkPool
    )
    const standing = new Map<number, string | null>()

    const turn = Effect.fnUntraced(function* (n: number, { isCut, isFault }: Fate) {
      const seat = new Seat({ roomId: RoomId.make(1), agentId: AgentId.make(n + 1) })
      const heard = yield* Deferred.make<void>()
      const resume = standing.get(n) ?? null
      standing.set(n, null)
      const speak = Effect.flatMap(pool.lease(provider, spec({ seat, resume }), "person"), (session) =>
        Stream.runForEach(turnOf(session, input(isCut ? "cut" : isFault ? "fault" : "well")), (event) =>
          Effect.sync(() => {
            Deferred.unsafeDone(heard, Effect.void)
            if (event._tag === "Done") standing.set(n, event.sessionId)
          })
        )
      )
      const fiber = yield* Effect.fork(Effect.exit(Effect.scoped(speak)))
      if (!isCut) return yield* Fiber.await(fiber)
      yield* Effect.raceFirst(Deferred.await(heard), Fiber.await(fiber))
      return yield* Fiber.interrupt(fiber)
    })

    const seen: Array<Effect.Effect.Success<typeof measure>> = []
    const look = Effect.fnUntraced(function* (turn: number) {
      const now = yield* measure
      seen.push(now)
      const { alive, closed, opened } = yield* pool.stats("process")
      const row = { turn, opened, closed, alive, MB: Math.round(now.memory / 2 ** 20), descriptors: now.descriptors }
      yield* Console.log(row)
    })

    const step = Math.min(seats, Math.max(capacity, Math.ceil(turns / samples)))
    for (let done = 0; done < turns; done += step) {
      // Each seat at most once in a batch of its size, so that its turns come one after the other.
      const batch = Array.from({ length: Math.min(step, turns - done) }, (_, n) => (done + n) % seats)
      yield* Effect.forEach(
        batch,
        Effect.fnUntraced(function* (n) {
          const lot = yield* Random.nextIntBetween(0, 100)
          yield* turn(n, { isCut: lot < 30, isFault: lot >= 30 && lot < 35 })
        }),
        { concurrency: capacity * 2 }
      )
      yield* look(done + batch.length)
    }

    const { alive, closed, leased, opened } = yield* pool.stats("process")
    const processes = yield* running
    yield* pool.evict(() => true)
    const rest = [...(yield* running), (yield* pool.stats("process")).alive]
    const third = Math.floor(seen.length / 3)
    const [middle, last] = [seen.slice(third, 2 * third), seen.slice(2 * third)]
    const growth = median(last.map(({ memory }) => memory)) - median(middle.map(({ memory }) => memory))
    const allowed = Math.max(margin.bytes, (median(middle.map(({ memory }) => memory)) * margin.percent) / 100)
    const wires = median(last.map(({ descriptors }) => descriptors)) - median(middle.map((it) => it.descriptors))
    const faults = [
      opened === closed + alive ? [] : [`opened ${opened} is not closed ${closed} and alive ${alive}`],
      leased === 0 && (!isReal || processes.length === alive)
        ? []
        : [`${leased} leased, ${processes.length} processes`],
      rest.every((it) => it === 0) ? [] : [`after all were evicted there remain ${rest.join(", ")}`],
      growth <= allowed ? [] : [`memory grew by ${Math.round(growth / 2 ** 20)} MB`],
      wires <= capacity ? [] : [`${wires} descriptors more`]
    ].flat()
    yield* Console.log({
      turns,
      growthMB: Math.round(growth / 2 ** 20),
      allowedMB: Math.round(allowed / 2 ** 20),
      wires
    })
    if (faults.length > 0) return yield* Effect.dieMessage(faults.join("; "))
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))
