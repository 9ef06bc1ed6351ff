import type { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, layer } from "@effect/vitest"
import { assertEquals, assertInstanceOf, deepStrictEqual } from "@effect/vitest/utils"
import { Context, Deferred, Effect, Fiber, Layer, Stream } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { readdirSync } from "node:fs"
import type { PoolBusy } from "../../../../src/domain/Pool.ts"
import type { Session, TurnInput } from "../../../../src/domain/Provider.ts"
import { Crashed, type ProviderError } from "../../../../src/domain/ProviderError.ts"
import { SdkPool } from "../../../../src/models/SdkPool.ts"
import { bundle } from "../../../support/bundle.ts"
import { children, onlyChild } from "../../../support/children.ts"
import { input, makeHouse, spec, whyNot } from "../../../support/ClaudeHouse.ts"
import * as Api from "../../../support/MessagesApi.ts"
import { turnOf } from "../../../support/turns.ts"

const everybody = () => true
const descriptors = Effect.sync(() => readdirSync("/proc/self/fd").length)

const setup = Effect.fnUntraced(function* (launcher?: ReadonlyArray<string>) {
  const { api, provider } = yield* makeHouse(launcher === undefined ? {} : { launcher })
  const limits = { capacity: 1, idleMs: 60_000, maxWaiting: 1, waitMs: 5000, connectMs: 10_000 }
  const options = { ...limits, connections: 1, isRoomy: () => true }
  const pool = Context.get(yield* Layer.build(SdkPool.layer(options)), SdkPool)
  const before = yield* descriptors

  /** A turn under way on the seat's client, which it gives back when it is over. */
  const begin = Effect.fnUntraced(function* (callTool?: TurnInput["callTool"]) {
    const heard = yield* Deferred.make<void>()
    const turn = (session: Session) =>
      Stream.runForEach(turnOf(session, input("Count", callTool)), (event) =>
        Effect.when(Deferred.succeed(heard, undefined), () => event._tag === "TextDelta")
      )
    const fiber = yield* Effect.fork(Effect.scoped(Effect.flatMap(pool.lease(provider, spec(), "person"), turn)))
    return {
      fiber,
      heard: Effect.raceFirst(Deferred.await(heard), Fiber.join(fiber)),
      failure: Effect.flip(Fiber.join(fiber))
    }
  })

  const clean = Effect.gen(function* () {
    deepStrictEqual(yield* children, [])
    const { alive, closed, leased, opened, opening, waiting } = yield* pool.stats("process")
    deepStrictEqual({ alive, leased, opening, waiting }, { alive: 0, leased: 0, opening: 0, waiting: 0 })
    assertEquals(opened, closed)
    // Sockets of the test's own server are closed a moment after the process at their other end is gone.
    const isAsBefore = Effect.map(descriptors, (now) => now <= before)
    yield* Effect.repeat(isAsBefore, { until: (it) => it }).pipe(Effect.timeout("2 seconds"))
  })
  return { api, begin, clean, lease: pool.lease(provider, spec(), "person"), pool }
})

type Failure = ProviderError | PoolBusy | "not one client" | void
type Setup = Effect.Effect.Success<ReturnType<typeof setup>>

const kill = Effect.map(onlyChild, (id) => process.kill(id, "SIGKILL"))
const freeze = Effect.map(onlyChild, (id) => process.kill(id, "SIGSTOP"))
const killed = new Crashed({ reason: "the client's process got SIGKILL" })
const endless = Api.answer(Api.text("One ", Effect.never))

const steps: Readonly<Record<string, (setup: Setup) => Effect.Effect<void, Failure, FileSystem.FileSystem>>> = {
  "while it starts": ({ begin }) =>
    Effect.gen(function* () {
      const { failure } = yield* begin()
      yield* kill
      assertEquals(yield* failure, killed)
    }),
  "while it is idle": ({ api, begin, lease }) =>
    Effect.gen(function* () {
      yield* Effect.scoped(lease)
      yield* kill
      const { failure } = yield* begin()
      assertEquals(yield* failure, killed)
      assertEquals(api.calls.length, 0)
    }),
  "before the first token": ({ api, begin }) =>
    Effect.gen(function* () {
      yield* api.reply(Api.silence)
      const { failure } = yield* begin()
      yield* Effect.zipRight(api.next, kill)
      assertEquals(yield* failure, killed)
    }),
  "in the middle of an answer": ({ api, begin }) =>
    Effect.gen(function* () {
      yield* api.reply(endless)
      const { failure, heard } = yield* begin()
      yield* Effect.zipRight(heard, kill)
      assertEquals(yield* failure, killed)
    }),
  "during a tool": ({ api, begin }) =>
    Effect.gen(function* () {
      const [called, stopped] = yield* Effect.all([Deferred.make<void>(), Deferred.make<void>()])
      yield* api.reply(Api.answer(Api.toolUse("memorize", '{"memory_entry":"x"}')))
      const stuck = Effect.zipRight(Deferred.succeed(called, undefined), Effect.never)
      const { failure } = yield* begin(() => Effect.onInterrupt(stuck, () => Deferred.succeed(stopped, undefined)))
      yield* Effect.zipRight(Deferred.await(called), kill)
      assertEquals(yield* failure, killed)
      yield* Deferred.await(stopped)
    }),
  "while it is interrupted": ({ api, begin }) =>
    Effect.gen(function* () {
      yield* api.reply(endless)
      const { fiber, heard } = yield* begin()
      yield* Effect.zipRight(heard, freeze)
      const interruption = yield* Effect.fork(Fiber.interrupt(fiber))
      yield* kill
      yield* Fiber.join(interruption)
    }),
  "while it closes": ({ lease, pool }) =>
    Effect.gen(function* () {
      yield* Effect.scoped(lease)
      yield* freeze
      const closing = yield* Effect.fork(pool.evict(everybody))
      yield* Effect.yieldNow()
      yield* kill
      yield* Fiber.join(closing)
    })
}

const manners: Readonly<Record<string, (setup: Setup) => Effect.Effect<void, Failure, FileSystem.FileSystem>>> = {
  "obeys neither an interruption nor a signal": ({ begin }) =>
    Effect.gen(function* () {
      const { fiber, heard } = yield* begin()
      yield* heard
      yield* Fiber.interrupt(fiber)
    }),
  "fills stderr": ({ begin }) =>
    Effect.gen(function* () {
      const { fiber, heard } = yield* begin()
      yield* heard
      yield* Fiber.interrupt(fiber)
    }),
  "leaves at once": ({ begin }) =>
    Effect.gen(function* () {
      const { failure } = yield* begin()
      assertInstanceOf(yield* failure, Crashed)
    }),
  "leaves in a turn": ({ begin }) =>
    Effect.gen(function* () {
      const { failure } = yield* begin()
      assertEquals(yield* failure, new Crashed({ reason: "the client's process exited with code 0" }))
    })
}

describe.skipIf(whyNot() !== "")(`A Claude process ${whyNot()}`, () => {
  layer(NodeContext.layer, { excludeTestServices: true })((it) => {
    for (const [step, fault] of Object.entries(steps)) {
      it.scoped(`that is killed ${step} leaves nothing behind`, () =>
        Effect.gen(function* () {
          const found = yield* setup()

          yield* fault(found)

          yield* found.clean
        })
      )
    }

    for (const [manner, fault] of Object.entries(manners)) {
      it.scoped(`that ${manner} leaves nothing behind`, () =>
        Effect.gen(function* () {
          const found = yield* setup([process.execPath, bundle("misfit"), manner])

          yield* fault(found)

          yield* found.clean
        })
      )
    }
  })
})
