import { Cause, Effect, Exit, Layer, Logger, Tracer } from "effect"
import { inspect } from "node:util"

/** All that a house logs and traces, as text. */
export const make = () => {
  const said: Array<string> = []
  const hear = (...things: ReadonlyArray<unknown>) => void said.push(inspect(things, { depth: 12 }))
  const logger = Logger.make(({ annotations, cause, message }) =>
    hear(message, Cause.pretty(cause), cause, annotations)
  )
  const tracer = Effect.map(Effect.tracer, (inner) =>
    Tracer.make({
      context: inner.context,
      span: (...args) => {
        const span = inner.span(...args)
        const end = span.end.bind(span)
        span.end = (time, exit) => {
          hear(span.name, span.attributes, Exit.isFailure(exit) ? exit.cause : "")
          end(time, exit)
        }
        return span
      }
    })
  )
  return { said, layer: Layer.merge(Logger.add(logger), Layer.unwrapEffect(Effect.map(tracer, Layer.setTracer))) }
}
