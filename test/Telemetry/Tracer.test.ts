import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Context, Effect, Layer } from "effect"
import { SpanExport } from "../../src/SpanExport.ts"
import type { Recorded } from "../../src/Telemetry/Span.ts"
import * as Tracing from "../../src/Telemetry/Tracer.ts"

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

class Around extends Context.Tag("parley/test/Telemetry/Tracer.test/Around")<Around, object>() {}

describe("a span that has ended", () => {
  it.effect("holds neither what came of the work nor what stood around it, while it waits for the collector", () =>
    Effect.gen(function* () {
      const waiting: Array<Recorded> = []
      const kept = Layer.succeed(SpanExport, {
        push: (span) => void waiting.push(span),
        stats: () => ({ state: "well", exported: 0, lost: 0, waiting: waiting.length, last_error: null })
      })
      const [answer, around] = [{ body: "long" }, { pool: "large" }]
      const cause = yield* Effect.provideService(Effect.makeSpan("cause"), Around, around)
      const work = Effect.succeed(answer).pipe(Effect.withSpan("inner"), Effect.withSpan("outer"))
      yield* work.pipe(
        Effect.provideService(Around, around),
        Effect.withSpan("root", { root: true, links: [{ _tag: "SpanLink", span: cause, attributes: {} }] }),
        Effect.provide(Tracing.layer(1).pipe(Layer.provide(kept)))
      )

      deepStrictEqual(
        waiting.map(({ name }) => name),
        ["inner", "outer", "root"]
      )
      const held = reachable(waiting)
      assertTrue(!held.has(answer) && !held.has(around))
    })
  )
})
