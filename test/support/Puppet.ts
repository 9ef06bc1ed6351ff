import { Effect, Exit, Stream } from "effect"
import {
  type Provider,
  type ProviderError,
  ProviderEvent,
  type SessionSpec,
  textOf,
  type TurnInput
} from "../../src/domain/Provider.ts"

export interface Call {
  readonly spec: SessionSpec
  readonly input: TurnInput
  /** All that the model is told, as one text. */
  readonly text: string
  /** Counted over all agents, from 1. */
  readonly number: number
}

export type Act = (call: Call) => Stream.Stream<ProviderEvent, ProviderError>

export const say = (...texts: ReadonlyArray<string>): Stream.Stream<ProviderEvent> =>
  Stream.fromIterable(texts.map((text) => ProviderEvent.TextDelta({ text })))

export const done = (sessionId: string | null = null): Stream.Stream<ProviderEvent> =>
  Stream.make(
    ProviderEvent.Done({
      sessionId,
      model: "puppet-1",
      usage: { inputTokens: 3, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0.001 }
    })
  )

export const skip = ({ input }: Call): Stream.Stream<ProviderEvent> =>
  Stream.concat(
    Stream.fromEffect(Effect.as(input.callTool("skip", {}), ProviderEvent.ToolUse({ name: "skip" }))),
    done("skipped")
  )

/** A provider that does what the test says, and tells what was asked of it. */
export const make = (script: { act: Act; opening?: (spec: SessionSpec) => Effect.Effect<void, ProviderError> }) => {
  const calls: Array<Call> = []
  const open = new Set<string>()
  let interrupted = 0
  const provider: Provider = {
    name: "puppet",
    isModel: true,
    takesImages: true,
    defaultModel: "puppet-1",
    remembers: true,
    takes: "process",
    models: Effect.succeed([{ id: "puppet-1", name: "Puppet" }]),
    open: (spec) =>
      (script.opening?.(spec) ?? Effect.void).pipe(
        Effect.zipRight(
          Effect.acquireRelease(
            Effect.sync(() => open.add(spec.seat.key)),
            () => Effect.sync(() => open.delete(spec.seat.key))
          )
        ),
        Effect.as({
          pid: null,
          turn: (input) =>
            Stream.suspend(() => {
              const call = { spec, input, text: textOf(input), number: calls.length + 1 }
              calls.push(call)
              return script.act(call)
            }).pipe(
              Stream.ensuringWith((exit) =>
                Effect.sync(() => {
                  if (Exit.isInterrupted(exit)) interrupted++
                })
              )
            )
        })
      )
  }
  return { provider, calls, open, interrupted: () => interrupted }
}
