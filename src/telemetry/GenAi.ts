import { Clock, Effect, Tracer } from "effect"
import type { Outcome, Reason, RoundId, Trigger, TurnId, TurnPolicy } from "../domain/Round.ts"
import type { RoomId } from "../domain/RoomId.ts"
import type { Usage } from "../domain/Usage.ts"

// Names of the OpenTelemetry conventions for generative AI, which are still in development: they stand here alone.

/** What is made of the span that stands now, if one does: one step, where the library takes a dozen. */
const withSpan = <A>(use: (span: Tracer.Span | null) => A) =>
  Effect.withFiberRuntime<A>(({ currentSpan }) =>
    Effect.succeed(use(currentSpan?._tag === "Span" ? currentSpan : null))
  )

const annotated = (attributes: Readonly<Record<string, unknown>>) =>
  withSpan((span) => {
    if (span !== null) for (const name in attributes) span.attribute(name, attributes[name])
  })

export const traceId = withSpan((span) => span?.traceId ?? null)

/** The span that stands now, as the cause of what will be done later and elsewhere. */
export const cause = withSpan((span): Trigger["cause"] =>
  span === null ? null : { trace_id: span.traceId, span_id: span.spanId }
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
  readonly policy: TurnPolicy
  readonly trigger: Trigger
  readonly cell: number
  readonly attempt: number
}

export interface RoundLabels {
  readonly roomId: RoomId
  readonly roundId: RoundId
  readonly policy: TurnPolicy
  readonly trigger: Trigger
}

/** Of what a round or a turn is the answer; what was said is told by the message's id alone. */
const whyOf = ({ policy, roomId, roundId, trigger }: RoundLabels) => ({
  "gen_ai.conversation.id": String(roomId),
  "parley.round.id": roundId,
  "parley.round.policy": policy,
  "parley.trigger.kind": trigger.kind,
  ...(trigger.kind === "message" ? { "parley.trigger.message_id": trigger.message_id } : {}),
  ...(trigger.cause === null ? {} : { "parley.cause.trace_id": trigger.cause.trace_id })
})

/** Linked to the request that asked for it, as each of its turns is. */
export const round = <A, E, R>(labels: RoundLabels, effect: Effect.Effect<A, E, R>) =>
  Effect.withSpan(effect, "Orchestrator.round", {
    root: true,
    captureStackTrace: false,
    links: linksTo(labels.trigger.cause),
    attributes: whyOf(labels)
  })

export const stopped = (reason: string) => annotated({ "parley.round.stop_reason": reason })

/**
 * A turn is a trace of its own, linked to the request that caused it; the cause is an attribute as well, to search by.
 */
export const invokeAgent = <A, E, R>(turn: TurnLabels, effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(traceId, (round) =>
    Effect.withSpan(effect, `invoke_agent ${turn.agent}`, {
      root: true,
      kind: "internal",
      captureStackTrace: false,
      links: linksTo(turn.trigger.cause),
      attributes: {
        ...whyOf(turn),
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": turn.agent,
        "gen_ai.provider.name": turn.provider,
        "gen_ai.request.model": turn.model,
        "parley.turn.reason": turn.reason,
        "parley.turn.cell": turn.cell,
        "parley.turn.attempt": turn.attempt,
        ...(round === null ? {} : { "parley.round.trace_id": round })
      }
    })
  )

export interface TurnEnd {
  readonly turnId: TurnId
  readonly outcome: Outcome
  readonly error: { readonly _tag: string } | null
  readonly answer: Answer | null
  readonly usage: Usage | null
  readonly firstTokenMs: number | null
}

/** What became of the turn, on its own span. */
export const ended = ({ answer, error, firstTokenMs, outcome, turnId, usage }: TurnEnd) =>
  annotated({
    "parley.turn.id": turnId,
    "parley.turn.outcome": outcome,
    ...(error === null ? {} : { "error.type": error._tag }),
    ...(answer === null ? {} : toldBy(answer)),
    ...(usage === null ? {} : spent(usage)),
    ...firstToken(firstTokenMs)
  })

interface Answer {
  readonly model: string
  readonly finishReason: string | null
}

const toldBy = ({ finishReason, model }: Answer) => ({
  "gen_ai.response.model": model,
  ...(finishReason === null ? {} : { "gen_ai.response.finish_reasons": [finishReason] })
})

const spent = (usage: Usage) => ({
  "gen_ai.usage.input_tokens": usage.inputTokens,
  "gen_ai.usage.output_tokens": usage.outputTokens,
  "gen_ai.usage.cache_read.input_tokens": usage.cacheReadTokens,
  "gen_ai.usage.cache_creation.input_tokens": usage.cacheWriteTokens,
  ...(usage.costUsd === null ? {} : { "parley.usage.cost_usd": usage.costUsd })
})

const firstToken = (ms: number | null) => (ms === null ? {} : { "gen_ai.response.time_to_first_chunk": ms / 1000 })

/** What the model's answer was, on the span of the call. */
export const answered = (answer: Answer, firstTokenMs: number | null) =>
  annotated({ ...toldBy(answer), ...firstToken(firstTokenMs) })

/** What the call took, on its span. */
export const took = (usage: Usage | null) => annotated(usage === null ? {} : spent(usage))

/** How long a part of the work stood in line, in milliseconds. */
export const waited = (line: "gate" | "lease", ms: number) => annotated({ [`parley.${line}.wait_ms`]: ms })

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

/**
 * Notes on the turn's span that the provider is to be asked again, what it said, and how long the turn waits by itself.
 */
export const retried = (error: string, delayMs: number): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeNanos, (now) =>
    withSpan((span) => span?.event("parley.retry", now, { "error.type": error, "parley.retry.delay_ms": delayMs }))
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
