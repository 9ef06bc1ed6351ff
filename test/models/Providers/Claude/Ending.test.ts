import { Command } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, layer, vi } from "@effect/vitest"
import { assertEquals, assertInstanceOf, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Duration, Effect, Fiber, Schedule, Stream } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { existsSync } from "node:fs"
import { Crashed } from "../../../../src/domain/ProviderError.ts"
import { bundle } from "../../../support/bundle.ts"
import { children, childrenOf, isRunning, onlyChild } from "../../../support/children.ts"
import { input, makeHouse, openIn, play, spec, whyNot } from "../../../support/ClaudeHouse.ts"
import * as Api from "../../../support/MessagesApi.ts"
import { turnOf } from "../../../support/turns.ts"

const hasSetpriv = ["/usr/bin/setpriv", "/bin/setpriv"].some((file) => existsSync(file))

describe.skipIf(whyNot() !== "")(`The end of a Claude session, with the real client ${whyNot()}`, () => {
  layer(NodeContext.layer, { excludeTestServices: true })((it) => {
    it.scoped("interrupting a turn closes the provider's connection within 100 ms", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        const once = Effect.gen(function* () {
          yield* api.reply(Api.answer(Api.text("One ", Effect.never)))
          const { close, session } = yield* openIn(provider)
          const heard = yield* Deferred.make<void>()
          const turn = turnOf(session, input("Count")).pipe(Stream.runForEach(() => Deferred.succeed(heard, undefined)))
          const fiber = yield* Effect.fork(turn)
          const call = yield* api.next
          yield* Deferred.await(heard)
          const interruption = yield* Effect.fork(Fiber.interrupt(fiber))
          const [took, whole] = yield* Effect.timed(Deferred.await(call.closed))
          yield* Fiber.join(interruption)
          assertEquals(whole, false)
          const reason = "the session's last turn did not reach its end"
          assertEquals(yield* Effect.flip(play(session, "Go on")), new Crashed({ reason }))
          yield* close
          return Duration.toMillis(took)
        })

        // The best of three: what the code needs, whatever else the machine is doing.
        const times = yield* Effect.replicateEffect(once, 3)

        assertTrue(Math.min(...times) < 100)
        deepStrictEqual(yield* children, [])
      })
    )

    it.scoped("a turn can be interrupted before the first token and in a tool, and nothing remains", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.silence, Api.answer(Api.toolUse("memorize", '{"memory_entry":"x"}')))
        const silent = yield* openIn(provider)
        const waiting = yield* Effect.fork(play(silent.session, "Hi"))
        const call = yield* api.next
        yield* Fiber.interrupt(waiting)
        assertEquals(yield* Deferred.await(call.closed), false)
        yield* silent.close

        const called = yield* Deferred.make<void>()
        const stopped = yield* Deferred.make<void>()
        const stuck = Deferred.succeed(called, undefined).pipe(
          Effect.zipRight(Effect.never),
          Effect.onInterrupt(() => Deferred.succeed(stopped, undefined))
        )
        const busy = yield* openIn(provider)
        const calling = yield* Effect.fork(play(busy.session, "Hi", () => stuck))
        yield* Deferred.await(called)
        yield* Fiber.interrupt(calling)
        assertTrue(yield* Deferred.isDone(stopped))
        yield* busy.close

        deepStrictEqual(yield* children, [])
        assertEquals(api.calls.length, 2)
      })
    )

    it.scoped("interrupting while it hangs connecting leaves no process", () =>
      Effect.gen(function* () {
        const { provider } = yield* makeHouse()
        const fiber = yield* Effect.fork(Effect.scoped(Effect.zipRight(provider.open(spec()), Effect.never)))
        process.kill(yield* onlyChild, "SIGSTOP")

        const [took] = yield* Effect.timed(Fiber.interrupt(fiber))

        deepStrictEqual(yield* children, [])
        assertTrue(Duration.toMillis(took) < 1500)
      })
    )

    it.scoped("closing the scope in the middle of a turn ends the turn and the process", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.answer(Api.text("One ", Effect.never)))
        const { close, session } = yield* openIn(provider)
        const fiber = yield* Effect.fork(Effect.flip(play(session, "Count")))
        const call = yield* api.next

        const [took] = yield* Effect.timed(close)

        assertInstanceOf(yield* Fiber.join(fiber), Crashed)
        assertEquals(yield* Deferred.await(call.closed), false)
        assertTrue(Duration.toMillis(took) < 1500)
        deepStrictEqual(yield* children, [])
      })
    )

    it.scoped("a process that does not obey is killed", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.answer(Api.text("One ", Effect.never)))
        const { close, session } = yield* openIn(provider)
        const fiber = yield* Effect.fork(play(session, "Count"))
        const call = yield* api.next
        process.kill(yield* onlyChild, "SIGSTOP")

        yield* Fiber.interrupt(fiber)
        assertEquals(yield* Deferred.await(call.closed), false)
        yield* close
        deepStrictEqual(yield* children, [])

        const idle = yield* openIn(provider)
        process.kill(yield* onlyChild, "SIGSTOP")
        yield* idle.close
        deepStrictEqual(yield* children, [])
      })
    )

    it.scoped("an interruption while a session closes does not save its process", () =>
      Effect.gen(function* () {
        const { provider } = yield* makeHouse()
        const closing = yield* Deferred.make<void>()
        const begun = Effect.addFinalizer(() => Deferred.succeed(closing, undefined))
        const opened = yield* Deferred.make<void>()
        const leave = yield* Deferred.make<void>()
        const stay = Effect.zipRight(Deferred.succeed(opened, undefined), Deferred.await(leave))
        const fiber = yield* Effect.fork(Effect.scoped(Effect.all([provider.open(spec()), begun, stay])))
        yield* Deferred.await(opened)
        process.kill(yield* onlyChild, "SIGSTOP")

        yield* Deferred.succeed(leave, undefined)
        yield* Deferred.await(closing)
        yield* Fiber.interrupt(fiber)

        deepStrictEqual(yield* children, [])
      })
    )

    it.scoped("a killed process is Crashed, during a turn and after it", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.answer(Api.text("One ", Effect.never)))
        const { session } = yield* openIn(provider)
        const fiber = yield* Effect.fork(Effect.flip(play(session, "Count")))
        yield* api.next
        process.kill(yield* onlyChild, "SIGKILL")

        assertEquals(yield* Fiber.join(fiber), new Crashed({ reason: "the client's process got SIGKILL" }))
        assertInstanceOf(yield* Effect.flip(play(session, "Go on")), Crashed)
      })
    )

    it.scoped.skipIf(!hasSetpriv)(
      "a server that is killed takes its processes along (needs setpriv of util-linux)",
      () =>
        Effect.gen(function* () {
          const { api, dataDir } = yield* makeHouse()
          yield* api.reply(Api.answer(Api.text("One ", Effect.never)))
          const server = yield* Command.start(Command.make(process.execPath, bundle("doomed"), api.url, dataDir))
          const call = yield* api.next
          const [id = 0] = yield* childrenOf(server.pid)
          assertTrue(yield* isRunning(id))

          process.kill(server.pid, "SIGKILL")

          assertEquals(yield* Effect.timeout(Deferred.await(call.closed), "2 seconds"), false)
          yield* Effect.repeat(isRunning(id), { until: (running) => !running }).pipe(Effect.timeout("2 seconds"))
        })
    )

    it.scoped(
      "no more processes start at once than allowed, and the server reports on itself for the first alone",
      () =>
        Effect.gen(function* () {
          const { provider } = yield* makeHouse({ startsAtOnce: 1 })
          const report = vi.spyOn(process.report, "getReport")
          yield* Effect.addFinalizer(() => Effect.sync(() => report.mockRestore()))
          let opened = 0
          let most = 0
          const open = Effect.tap(provider.open(spec()), () => Effect.sync(() => opened++))
          const fiber = yield* Effect.fork(Effect.all([open, open], { concurrency: "unbounded" }))
          const look = Effect.map(children, (ids) => (most = Math.max(most, ids.length - opened)))
          yield* Effect.repeat(look, { until: () => opened === 2, schedule: Schedule.spaced("10 millis") })
          yield* Fiber.join(fiber)

          assertEquals(most, 1)
          assertEquals(report.mock.calls.length, 1)
        })
    )
  })
})
