import { Effect, Exit, Stream } from "effect"
import { type Provider, ProviderEvent, type SessionSpec, textOf, type TurnInput } from "../../src/domain/Provider.ts"
import * as ModelTraits from "../../src/domain/ModelTraits.ts"
import type { ProviderError } from "../../src/domain/ProviderError.ts"
import { perform } from "../../src/models/Providers/Scripted/Performance.ts"
import * as Script from "../../src/models/Providers/Scripted/Script.ts"
import { pulled, streamed } from "./turns.ts"

export interface Call {
  readonly spec: SessionSpec
  readonly input: TurnInput
  /** All that the model is told, as one text. */
  readonly text: string
  /** Counted over all agents, from 1. */
  readonly number: number
}

/** What a turn takes that ends well, unless its act says so itself. */
const usual = { inputTokens: 3, outputTokens: 5, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0.001 }

export type Act = (call: Call) => Stream.Stream<ProviderEvent, ProviderError>

/** A turn, or a part of one, by its script. */
const play = (script: Script.Script, callTool: TurnInput["callTool"] = () => Effect.dieMessage("no tools here")) =>
  streamed(
    Effect.sync(() =>
      perform(script, {
        callTool,
        draw: () => 0,
        fill: (text) => text,
        spend: () => {},
        done: () => ProviderEvent.Done({ sessionId: null, model: "puppet-1", finish: "stop", finishReason: null })
      })
    )
  )

export const say = (...texts: ReadonlyArray<string>) => play([...texts.map(Script.say), Script.stop])

export const done = (sessionId: string | null = null) => play([Script.done(() => ({ sessionId }))])

/** Calls a tool, and goes on whatever comes of it. */
export const use = ({ input }: Call, tool: string) => play([Script.call(tool), Script.stop], input.callTool)

export const skip = ({ input }: Call) =>
  play([Script.call("skip"), Script.done(() => ({ sessionId: "skipped" }))], input.callTool)

/** A provider that does what the test says, and tells what was asked of it. */
export const make = (script: {
  act: Act
  opening?: (spec: SessionSpec) => Effect.Effect<void, ProviderError>
  pid?: (spec: SessionSpec) => number | null
}) => {
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
    traits: ModelTraits.make(),
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
          pid: script.pid?.(spec) ?? null,
          turn: (told) =>
            pulled(
              Stream.suspend(() => {
                let isTold = false
                const spend: TurnInput["spend"] = (spending) => {
                  isTold = true
                  told.spend(spending)
                }
                const input = { ...told, spend }
                const call = { spec, input, text: textOf(input), number: calls.length + 1 }
                calls.push(call)
                return Stream.tap(script.act(call), ({ _tag }) =>
                  Effect.sync(() => {
                    if (_tag === "Done" && !isTold) told.spend({ usage: usual, isWhole: true })
                  })
                )
              }).pipe(
                Stream.ensuringWith((exit) =>
                  Effect.sync(() => {
                    if (Exit.isInterrupted(exit)) interrupted++
                  })
                )
              )
            )
        })
      )
  }
  return { provider, calls, open, interrupted: () => interrupted }
}
