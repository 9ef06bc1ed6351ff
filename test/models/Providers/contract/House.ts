import { Context, type Effect } from "effect"
import type { Provider } from "../../../../src/domain/Provider.ts"
import type { ProviderError } from "../../../../src/domain/ProviderError.ts"
import type { Tokens } from "../../../../src/domain/Usage.ts"
import type { Script } from "../../../../src/models/Providers/Scripted/Script.ts"
import type { Heard } from "../../../support/StandIn/Protocol.ts"

/** What the vendor was asked at once. */
export interface Asked extends Pick<Heard, "system" | "told" | "images" | "results" | "answered"> {
  /** Done when the vendor has nothing more to do: true when it came to the end, false when it was left. */
  readonly over: Effect.Effect<boolean>
}

export interface Vendor {
  /** What the model does in the next turns; afterwards it says "All right." */
  readonly performs: (...turns: ReadonlyArray<Script>) => Effect.Effect<void>
  /** What it was still to do is not done. */
  readonly forget: Effect.Effect<void>
  /** Request by request. */
  readonly asked: () => ReadonlyArray<Asked>
  /** The next request that nobody has asked for yet. */
  readonly next: Effect.Effect<Asked>
}

/** A fault of the vendor's that a script has no word for. */
export interface Fault {
  readonly name: string
  /** Makes it happen in the next turn. */
  readonly happen: Effect.Effect<void>
  readonly becomes: ReadonlyArray<ProviderError["_tag"]>
}

/** A provider with a vendor of the test's own behind it. */
export class House extends Context.Tag("parley/test/models/Providers/contract/House")<
  House,
  {
    readonly provider: Provider
    readonly vendor: Vendor
    /** Whether the model is told what came of its calls, and is asked anew after them. */
    readonly hears: boolean
    /** What a turn of so many requests and words costs. */
    readonly costs: (requests: number, words: number) => Tokens
    /** What is known of an answer that is broken off after so many words; null where the vendor tells at the end. */
    readonly begun: (words: number, characters: number) => Tokens | null
    /** What the vendor calls it that the model said all it had to say. */
    readonly finishReason: string | null
    /** How often a request is made, each time in another way, before it is taken for invalid. */
    readonly triesWhenInvalid: number
    /** Whether a time to wait that the vendor names comes to the provider. */
    readonly hearsWaits: boolean
    /** The model calls `memorize` twice in the next turn, under one id where calls have ids. */
    readonly twins: Effect.Effect<void>
    readonly faults: ReadonlyArray<Fault>
    /** Those in which nothing more comes. */
    readonly silences: ReadonlyArray<Fault>
    /** How many processes run for the provider. */
    readonly processes: Effect.Effect<number>
  }
>() {}
