import { describe, it } from "@effect/vitest"
import { assertMatch, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Context, Effect, Layer } from "effect"
import { SpanExport } from "../../src/telemetry/SpanExport.ts"
import type { Recorded } from "../../src/telemetry/Span.ts"
import * as Tracing from "../../src/telemetry/Tracer.ts"

/** Everything that is kept in memory as long as this is. */
const reachable = (root: unknown, seen = new Set<unknown>()) => {
  if (typeof root !== "object" || root === null || seen.has(root)) return seen
  seen.add(root)
  const held =
    root instanceof Map
      ? [...root.keys(), ...root.values()]
      : Reflect.ownKeys(root).map((key) => Reflect.get(root, key))
  for (const value of held) reachable(value, seen)
  return seen
}

const keepingIn = (waiting: Array<Recorded>) => {
  const kept = Layer.succeed(SpanExport, {
    push: (span) => void waiting.push(span),
    stats: () => ({ state: "well", exported: 0, lost: 0, waiting: waiting.length, last_error: null })
  })
  return Layer.provide(
    Tracing.layer(() => 1),
    kept
  )
}

class Around extends Context.Tag("parley/test/telemetry/Tracer.test/Around")<Around, object>() {}

describe("a call of another program or of the database", () => {
  it.effect("is part of the trace that it belongs to, and alone it is none", () =>
    Effect.gen(function* () {
      const waiting: Array<Recorded> = []
      const call = Effect.void.pipe(Effect.withSpan("statement"), Effect.withSpan("call", { kind: "client" }))

      yield* call.pipe(Effect.zipRight(Effect.withSpan(call, "work")), Effect.provide(keepingIn(waiting)))

      deepStrictEqual(
        waiting.map(({ name }) => name),
        ["statement", "call", "work"]
      )
    })
  )
})

describe("a span that has ended", () => {
  it.effect("holds neither what came of the work nor what stood around it, while it waits for the collector", () =>
    Effect.gen(function* () {
      const waiting: Array<Recorded> = []
      const [answer, around] = [{ body: "long" }, { pool: "large" }]
      const cause = yield* Effect.provideService(Effect.makeSpan("cause"), Around, around)
      const work = Effect.succeed(answer).pipe(Effect.withSpan("inner"), Effect.withSpan("outer"))
      yield* work.pipe(
        Effect.provideService(Around, around),
        Effect.withSpan("root", { root: true, links: [{ _tag: "SpanLink", span: cause, attributes: {} }] }),
        Effect.provide(keepingIn(waiting))
      )

      deepStrictEqual(
        waiting.map(({ name }) => name),
        ["inner", "outer", "root"]
      )
      const held = reachable(waiting)
      assertTrue(!held.has(answer) && !held.has(around))
    })
  )

  it.effect("tells where a defect came from, and nothing of its message, however that is made", () =>
    Effect.gen(function* () {
      const waiting: Array<Recorded> = []
      const broken = new Error("no such thing:\n    at figs (plums:1:2)\n    at greengages:3:4")
      yield* Effect.die(broken).pipe(Effect.withSpan("work"), Effect.provide(keepingIn(waiting)), Effect.exit)

      const [trace] = waiting.flatMap(({ events }) =>
        events.map(({ attributes }) => attributes["exception.stacktrace"])
      )
      assertMatch(String(trace), /^ {4}at .*Tracer\.test\.ts/)
      strictEqual(/figs|greengages/.exec(String(trace)), null)
    })
  )
})
