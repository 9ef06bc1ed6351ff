import { Effect, Option } from "effect"
import { AgentId } from "../domain/Agent.ts"
import { type Provider, ProviderEvent, Seat, type SessionSpec, type TurnInput } from "../domain/Provider.ts"
import { explain, reasonOf } from "../domain/ProviderAdvice.ts"
import { type ProviderError, TimedOut } from "../domain/ProviderError.ts"
import { RoomId } from "../domain/RoomId.ts"
import type { Trial } from "../domain/Trial.ts"
import { totalOf, type Usage } from "../domain/Usage.ts"
import { coalesced } from "../lib/coalesced.ts"
import * as Permits from "../lib/permits.ts"
import { hear } from "./Deadlines.ts"
import { Gates } from "./Gates.ts"

const patienceMs = 30_000
const deadlines = { firstTokenMs: patienceMs, idleMs: patienceMs, totalMs: patienceMs }
/** How many models of a provider are tried at once, so that one that never answers holds up no other. */
const mostAtOnce = 4

const specOf = (model: string): SessionSpec => ({
  // No room has this number.
  seat: new Seat({ roomId: RoomId.make(0), agentId: AgentId.make(0) }),
  agentName: "trial",
  model,
  // Room for a model that thinks before it answers.
  options: { max_output_tokens: 512, temperature: null, thinking: 0 },
  systemPrompt: "You are asked whether you work.",
  tools: [{ name: "current_time", description: "Tells the present date and time, in UTC.", parameters: {} }],
  resume: null
})

const ask = "Answer with the one word: ready"

const attempt = Effect.map(Gates, (gates) =>
  Effect.fnUntraced(function* (provider: Provider, model: string) {
    const clock = yield* Effect.clock
    const start = clock.unsafeCurrentTimeMillis()
    const seen: { firstTokenMs: number | null; usage: Usage | null } = { firstTokenMs: null, usage: null }

    const input: TurnInput = {
      parts: [],
      knownParts: 0,
      ask,
      images: [],
      callTool: () => Effect.succeed({ text: "It is noon.", isError: false }),
      spend: (spending) => {
        seen.usage = spending.usage
      }
    }
    const speak = (answered: () => void) => {
      const listen = () => {
        answered()
        seen.firstTokenMs ??= Math.round(clock.unsafeCurrentTimeMillis() - start)
        return null
      }
      return Effect.flatMap(provider.open(specOf(model)), (session) =>
        hear(deadlines)(session.turn(input), listen)
      ).pipe(
        Effect.scoped,
        Effect.timeoutFail({
          duration: patienceMs,
          onTimeout: () => new TimedOut({ phase: "total", afterMs: patienceMs })
        })
      )
    }

    const heard = yield* Effect.either(
      gates.pass(speak, {
        provider: provider.name,
        model,
        priority: "person",
        patienceMs: 0,
        canRetry: () => false,
        waiting: () => Effect.void,
        leave: Effect.never
      })
    )
    const told = {
      provider: provider.name,
      model,
      first_token_ms: seen.firstTokenMs,
      tokens: seen.usage === null ? null : totalOf(seen.usage),
      cost_usd: seen.usage?.costUsd ?? null
    }
    if (heard._tag === "Left") return { ...told, ...failed(heard.left, provider.name) } satisfies Trial
    const answering = Option.match(Option.filter(heard.right, ProviderEvent.$is("Done")), {
      onNone: () => [model],
      onSome: (done) => [model, done.model]
    })
    const takes_tools = !answering.some((name) => provider.traits.of(name).without.includes("tools"))
    return {
      ...told,
      ok: true,
      message: `The model answers${takes_tools ? " and takes tools" : ", and takes no tools"}.`,
      error: null,
      takes_tools
    } satisfies Trial
  })
)

type Attempt = (provider: Provider, model: string) => Effect.Effect<Trial>

/**
 * Asks a model one short question, once, whatever is known of the provider, and tells how that went. A provider has a
 * few trials at a time; those who ask for the same in the meantime share the next.
 */
export const make = Effect.map(attempt, (attempt): Attempt => {
  const locks = new Map<string, ReturnType<typeof Permits.make>>()
  const shared = new Map<string, { callers: number; readonly trial: Effect.Effect<Trial> }>()

  const lockOf = (provider: string) => {
    const lock = locks.get(provider) ?? Permits.make(mostAtOnce)
    locks.set(provider, lock)
    return lock
  }

  return (provider, model) => {
    const key = `${provider.name}/${model}`
    const join = Effect.sync(() => {
      const known = shared.get(key)
      const trials = known ?? { callers: 0, trial: coalesced(lockOf(provider.name).with(attempt(provider, model))) }
      trials.callers++
      shared.set(key, trials)
      return trials
    })
    return Effect.acquireUseRelease(
      join,
      ({ trial }) => trial,
      (trials) =>
        Effect.sync(() => {
          if (--trials.callers === 0) shared.delete(key)
        })
    )
  }
})

const failed = (error: ProviderError, provider: string) => ({
  ok: false,
  message: explain(error, provider),
  error: { _tag: error._tag, reason: reasonOf(error) },
  takes_tools: null
})
