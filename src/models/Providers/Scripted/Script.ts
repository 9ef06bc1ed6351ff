import { Data, type Effect } from "effect"
import type { ProviderEvent } from "../../../domain/Provider.ts"
import { Crashed, type ProviderError } from "../../../domain/ProviderError.ts"

type Done = Extract<ProviderEvent, { readonly _tag: "Done" }>

/** One thing that a model does in its turn. */
export type Step = Data.TaggedEnum<{
  Say: { readonly text: string }
  Think: { readonly text: string }
  Call: { readonly name: string; readonly input: Readonly<Record<string, string>> }
  /** From here on words come one by one, each after so long; with null a text comes whole. */
  Pace: { readonly ms: number | null }
  Pause: { readonly ms: number }
  /** Goes on when the effect has ended. */
  Gate: { readonly until: Effect.Effect<unknown, ProviderError> }
  /** Goes on with one of the scripts, as often as its weight says. */
  Either: { readonly ways: ReadonlyArray<Way> }
  Fail: { readonly error: ProviderError }
  Hang: {}
  /** Breaks as no provider should. */
  Die: {}
  /** Ends without saying that it ends well. */
  Stop: {}
  /** Ends well; a script that runs out does too. */
  Done: { readonly how: () => Partial<Omit<Done, "_tag">> }
}>
export const Step = Data.taggedEnum<Step>()

export interface Way {
  readonly weight: number
  readonly script: Script
}

/** What a model does in one turn. */
export type Script = ReadonlyArray<Step>

export const say = (text: string): Step => Step.Say({ text })
export const think = (text: string): Step => Step.Think({ text })
export const call = (name: string, input: Readonly<Record<string, string>> = {}): Step => Step.Call({ name, input })
export const pace = (ms: number | null): Step => Step.Pace({ ms })
export const pause = (ms: number): Step => Step.Pause({ ms })
export const gate = (until: Effect.Effect<unknown, ProviderError>): Step => Step.Gate({ until })
export const either = (...ways: ReadonlyArray<Way>): Step => Step.Either({ ways })
export const fail = (error: ProviderError): Step => Step.Fail({ error })
export const hang: Step = Step.Hang()
export const die: Step = Step.Die()
export const stop: Step = Step.Stop()
export const done = (how: () => Partial<Omit<Done, "_tag">> = () => ({})): Step => Step.Done({ how })

/** Says what no client understands. */
export const garbage: Step = fail(new Crashed({ reason: "the model's answer cannot be read" }))
