import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Either, Stream, Struct } from "effect"
import { type Provider, ProviderEvent, type SessionSpec, type TurnInput } from "../../src/domain/Provider.ts"
import { makeBill } from "./bill.ts"
import { input, spec } from "./ClaudeHouse.ts"
import type { Reply } from "./StandIn/Protocol.ts"
import type { Usage } from "../../src/domain/Usage.ts"
import { turnOf } from "./turns.ts"

/** What a turn came to. */
export interface Answered {
  readonly text: string
  readonly thoughts: string
  readonly calls: ReadonlyArray<readonly [string, unknown]>
  readonly finish: string | null
  readonly error: { readonly _tag: string; readonly reason?: string } | null
  readonly usage: Usage | null
  /** Whether all that was asked is counted. */
  readonly isCounted: boolean
}

const memorize = { name: "memorize", description: "Keeps a memory", parameters: { memory_entry: "What to remember" } }
const skip = { name: "skip", description: "Stays silent", parameters: {} }

export const tools = [memorize, skip]

/** Asks the provider for one turn of an agent with tools, and hears it out. */
export const answered = Effect.fnUntraced(function* (
  provider: Provider,
  more: Partial<TurnInput> = {},
  seat: Partial<SessionSpec> = {}
) {
  const bill = makeBill()
  const calls: Array<readonly [string, unknown]> = []
  const callTool: TurnInput["callTool"] = (name, args) =>
    Effect.sync(() => {
      calls.push([name, args])
      return { text: "kept", isError: false, endsTurn: name === "skip" }
    })
  const session = yield* provider.open(spec({ tools, ...seat }))
  const events: Array<ProviderEvent> = []
  const turn = turnOf(session, { ...input("Hi", callTool, bill.spend), ...more })
  const ended = yield* Effect.either(Stream.runForEach(turn, (event) => Effect.sync(() => events.push(event))))
  const { isWhole, usage } = bill.spending()
  return {
    ...heardIn(events),
    calls,
    finish: events.find(ProviderEvent.$is("Done"))?.finish ?? null,
    error: Either.isLeft(ended) ? ended.left : null,
    usage,
    isCounted: isWhole
  } satisfies Answered
})

/** What is said and what is thought, in the end. */
export const heardIn = (events: ReadonlyArray<ProviderEvent>) => {
  let [text, thoughts] = ["", ""]
  for (const event of events) {
    if (event._tag === "TextDelta") text += event.text
    if (event._tag === "ThinkingDelta") thoughts += event.text
    if (event._tag === "Unthought") thoughts = thoughts.slice(0, thoughts.length - event.characters)
    if (event._tag === "Unsaid") [thoughts, text] = [thoughts + text, ""]
  }
  return { text, thoughts }
}

interface House {
  readonly api: { readonly reply: (reply: Reply) => Effect.Effect<unknown> }
  readonly provider: Provider
}

const nothing = { text: "", thoughts: "", calls: [], finish: null, error: null }

/** A turn that is answered so comes to this; of an error only what is named. */
export const becomes = <E, R>(make: Effect.Effect<House, E, R>, reply: Reply, expected: Partial<Answered>) =>
  Effect.gen(function* () {
    const { api, provider } = yield* make
    yield* api.reply(reply)

    const { error, ...found } = Struct.omit(yield* answered(provider), "usage", "isCounted")

    const named = error === null ? null : { ...Struct.pick(error, ...Struct.keys(expected.error ?? error)) }
    deepStrictEqual({ ...found, error: named }, { ...nothing, ...expected })
  })
