import { Effect, Layer, Option, Random, Tracer } from "effect"
import { PCGRandom } from "effect/Utils"
import { SpanExport } from "./SpanExport.ts"
import { Sampled, Unsampled } from "./Span.ts"

/**
 * Gives every span its ids, and records those of one trace in so many; which, is drawn once for each root. Whoever
 * stands under a span is recorded when it is. A call of another program or of the database tells something only of the
 * work that it belongs to: alone it is no trace.
 */
export const layer = (ratio: () => number) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { push } = yield* SpanExport
      const dice = new PCGRandom(yield* Random.nextInt)
      const isDrawn = (share: number) => share > 0 && (share >= 1 || dice.number() < share)
      const tracer = Tracer.make({
        context: (run) => run(),
        span: (name, parent, context, links, startTime, kind) =>
          (Option.isSome(parent) ? parent.value.sampled : kind !== "client" && isDrawn(ratio()))
            ? new Sampled(push, name, parent, context, links, startTime, kind)
            : new Unsampled(name, parent, context)
      })
      return Layer.setTracer(tracer)
    })
  )
