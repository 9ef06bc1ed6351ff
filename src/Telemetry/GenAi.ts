import { Clock, Effect, Option, Tracer } from "effect"
import type { Reason, RoundId, Trigger } from "../domain/Round.ts"
import type { RoomId } from "../domain/RoomId.ts"

// Names of the OpenTelemetry conventions for generative AI, which are still in development: they stand here alone.

export const traceId: Effect.Effect<string | null> = Effect.map(
  Effect.option(Effect.currentSpan),
  Option.match({ onNone: () => null, onSome: (span) => span.traceId })
)

/** The span that stands now, as the cause of what will be done later and elsewhere. */
export const cause: Effect.Effect<Trigger["cause"]> = Effect.map(
  Effect.option(Effect.currentSpan),
  Option.match({ onNone: () => null, onSome: ({ spanId, traceId }) => ({ trace_id: traceId, span_id: spanId }) })
)

export interface ModelLabels {
  readonly agent: string
  readonly model: string
  readonly provider: string
}

export interface TurnLabels extends ModelLabels {
  readonly roomId: RoomId
  readonly roundId: RoundId
  readonly reason: Reason
  readonly cause: Trigger["cause"]
}

/** A turn is a trace of its own, linked to the request that caused it; the cause is an attribute as well, to search by. */
export const invokeAgent = <A, E, R>(turn: TurnLabels, effect: Effect.Effect<A, E, R>) =>
  Effect.withSpan(effect, `invoke_agent ${turn.agent}`, {
    root: true,
    kind: "internal",
    captureStackTrace: false,
    links: linksTo(turn.cause),
    attributes: {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": turn.agent,
      "gen_ai.conversation.id": String(turn.roomId),
      "gen_ai.provider.name": turn.provider,
      "gen_ai.request.model": turn.model,
      "parley.round.id": turn.roundId,
      "parley.turn.reason": turn.reason,
      ...(turn.cause === null ? {} : { "parley.cause.trace_id": turn.cause.trace_id })
    }
  })

export const chat =
  (labels: ModelLabels) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.withSpan(effect, `chat ${labels.model}`, {
      kind: "client",
      captureStackTrace: false,
      attributes: {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": labels.provider,
        "gen_ai.request.model": labels.model
      }
    })

/** Notes on the turn's span that the provider is to be asked again, and what it said. */
export const retried = (error: string): Effect.Effect<void> =>
  Effect.flatMap(Effect.all([Effect.option(Effect.currentSpan), Clock.currentTimeNanos]), ([span, now]) =>
    Effect.sync(() => Option.map(span, (it) => it.event("parley.retry", now, { "error.type": error })))
  )

export const executeTool = <A, E, R>(name: string, effect: Effect.Effect<A, E, R>) =>
  Effect.withSpan(effect, `execute_tool ${name}`, {
    captureStackTrace: false,
    attributes: { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name }
  })

const linksTo = (cause: Trigger["cause"]) =>
  cause === null
    ? []
    : [
        {
          _tag: "SpanLink" as const,
          span: Tracer.externalSpan({ traceId: cause.trace_id, spanId: cause.span_id }),
          attributes: {}
        }
      ]
