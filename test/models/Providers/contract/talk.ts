import type { Vitest } from "@effect/vitest"
import { Chunk, Context, Effect, Exit, Option, Scope, Stream } from "effect"
import { noChoice } from "../../../../src/domain/ModelChoice.ts"
import { AgentId } from "../../../../src/domain/Agent.ts"
import {
  type Part,
  ProviderEvent,
  Seat,
  type Session,
  type SessionSpec,
  type TurnInput
} from "../../../../src/domain/Provider.ts"
import { RoomId } from "../../../../src/domain/RoomId.ts"
import { told } from "../../../support/told.ts"
import { House } from "./House.ts"
import { turnOf } from "../../../support/turns.ts"

let agents = 0

/** A seat of its own, so that no case knows another's talk. */
export const spec = (more: Partial<SessionSpec> = {}) =>
  Effect.map(House, ({ provider }): SessionSpec => ({
    seat: new Seat({ roomId: RoomId.make(1), agentId: AgentId.make(++agents) }),
    agentName: "alice",
    model: provider.defaultModel,
    options: noChoice,
    systemPrompt: "You are Alice, who mends clocks.",
    tools: [{ name: "memorize", description: "Keeps a memory", parameters: { memory_entry: "What to remember" } }],
    resume: null,
    ...more
  }))

const kept = () => Effect.succeed({ text: "kept", isError: false })

/** The one who asks: tells a session that remembers only what is new, and any other all that was said. */
export const converse = (session: Session, history: Array<Part> = []) =>
  Effect.map(House, ({ provider }) => {
    const parts = (): Pick<TurnInput, "parts" | "knownParts"> =>
      provider.remembers ? { parts: [], knownParts: 0 } : { parts: [...history], knownParts: 0 }
    const ask = (text: string, more: Partial<TurnInput> = {}) =>
      turnOf(session, { ...told(text), ...parts(), callTool: kept, ...more })
    const listen = (text: string, more: Partial<TurnInput> = {}) =>
      Effect.map(Stream.runCollect(ask(text, more)), (chunk) => {
        const events = Chunk.toReadonlyArray(chunk)
        const words = events.flatMap((event) => (event._tag === "TextDelta" ? event.text : [])).join("")
        history.push({ text, own: null }, { text: words, own: { words, cutOff: null } })
        return events
      })
    return { ask, listen, history }
  })

export const doneOf = (events: ReadonlyArray<ProviderEvent>) =>
  Option.getOrThrow(Option.fromNullable(events.find(ProviderEvent.$is("Done"))))

/** A session in a scope of its own, so that a case can close it and look at what remains. */
export const open = Effect.fnUntraced(function* (more: Partial<SessionSpec> = {}) {
  const { provider } = yield* House
  const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
  const session = yield* Scope.extend(provider.open(yield* spec(more)), scope)
  return { session, close: Scope.close(scope, Exit.void), ...(yield* converse(session)) }
})

type Talk = Effect.Effect.Success<ReturnType<typeof open>>

/** An open session for all cases that leave it as good as it was. */
export class Parlour extends Context.Tag("parley/test/models/Providers/contract/talk/Parlour")<Parlour, Talk>() {}

export type It = Vitest.MethodsNonLive<House | Parlour, true>
