import { Effect, Either, Option, Scope } from "effect"
import {
  type Events,
  ProviderEvent,
  type Session,
  type SessionSpec,
  type ToolResult,
  turnLimits,
  type TurnInput
} from "../../../domain/Provider.ts"
import { type ProviderError, TooManyToolCalls } from "../../../domain/ProviderError.ts"
import { finishOf } from "../Finish.ts"
import * as Tally from "../Tally.ts"
import { follow } from "./Follow.ts"
import type { Outcome, Protocol, ToolCall } from "./Protocol.ts"
import { learn, refusal } from "./Refusal.ts"
import { charactersOf } from "./Sent.ts"
import { silence } from "../Silence.ts"
import { callerOf } from "./Tools.ts"
import type { Transport } from "./Transport.ts"
import * as Voice from "./Voice.ts"

type Told = Effect.Effect<ReadonlyArray<ProviderEvent>, ProviderError>

const nothing: ReadonlyArray<ProviderEvent> = []
const over = Effect.fail(Option.none())
const mostOtherwise = 10

/**
 * Sessions of an endpoint that remembers nothing: in each turn the model is told all, and asked again with the results
 * of the tools that it calls.
 */
export const session = <Message>(transport: Transport, protocol: Protocol<Message>, spec: SessionSpec): Session => {
  const call = callerOf(spec.tools)

  /** The results of the calls: a model that has written some as text is told of these in words. */
  const heardOf = (results: ReadonlyArray<ToolCall & ToolResult>, ofVendor: number): ReadonlyArray<Message> => {
    const written = results.slice(ofVendor)
    const told = results.length > written.length ? protocol.results(results.slice(0, ofVendor)) : []
    const words = written.map(({ name, text }) => `${name}: ${text}`)
    return words.length === 0 ? told : [...told, protocol.told(words.join("\n"))]
  }

  const begin = (input: TurnInput, scope: Scope.Scope): Events => {
    let requests = 0
    /** How often the turn was asked in another way after a refusal. */
    let otherwise = 0

    const play = (asked: string) => {
      const costOf = ({ model, tokens }: Tally.Counted) =>
        protocol.costOf(model, tokens) ?? protocol.costOf(asked, tokens)
      const tally = Tally.make(input.spend, costOf)
      const voice = Voice.make(Voice.habitOf(protocol.traits, asked), spec.tools)

      const ask: (told: ReadonlyArray<Message>) => Told = Effect.fnUntraced(function* (
        told: ReadonlyArray<Message>
      ): Effect.fn.Return<ReadonlyArray<ProviderEvent>, ProviderError> {
        if (++requests > turnLimits.requests) return yield* tooMany("requests")
        const { call, sent } = protocol.ask(spec, protocol.traits.of(asked), told)
        tally.asked(charactersOf(call, input.images))
        const sending = Effect.tapError(Scope.extend(transport.send(call), scope), ({ _tag }) =>
          _tag === "Crashed" ? Effect.void : Effect.sync(tally.refused)
        )
        const sentOff = yield* Effect.either(sending)
        if (Either.isLeft(sentOff)) return yield* later(sentOff.left, told)
        const answer = sentOff.right
        if (answer.status < 200 || answer.status > 299) {
          tally.refused()
          const refused = yield* refusal(answer, {
            model: asked,
            hasImages: input.images.length > 0,
            hide: protocol.hide
          })
          const mayAskAgain = learn(protocol.traits, { ...refused, model: asked, sent })
          if (!mayAskAgain || ++otherwise > mostOtherwise) return yield* later(refused.error, told)
          requests--
          return yield* ask(told)
        }
        const listener = protocol.listen(asked, input.images.length > 0)
        const ended = Effect.map(Effect.suspend(listener.outcome), (outcome) => settle(told, outcome))
        next = Effect.catchIf(follow(answer, listener, tally, voice), Option.isNone, () =>
          Effect.mapError(ended, Option.some)
        )
        return nothing
      })

      /** A turn whose tools were called cannot begin anew: its request waits until it may be asked again. */
      const later = (error: ProviderError, told: ReadonlyArray<Message>) => {
        if (requests === 1 || input.hold === undefined) return Effect.fail(error)
        return Effect.flatMap(input.hold(error), () => {
          requests--
          return ask(told)
        })
      }

      const settle = (told: ReadonlyArray<Message>, outcome: Outcome<Message>) => {
        const { finish, model, said } = outcome
        const how = finishOf(finish)
        const written = how === "stop" ? voice.written().map((it) => ({ ...it, id: "" })) : []
        const calls = [...outcome.calls, ...written]
        // The vendor breaks a long turn into several answers, and goes on when it is told what it has said.
        const goesOn = calls.length === 0 && how === "paused" && requests < turnLimits.requests
        const results: Array<ToolCall & ToolResult> = []

        next = Effect.suspend(() => {
          const tool = isOver(results) ? undefined : calls[results.length]
          if (tool !== undefined) {
            if (results.length === turnLimits.calls) return Effect.fail(Option.some(tooMany("calls")))
            return Effect.map(call(tool, input.callTool), ({ result, wasCalled }) => {
              results.push({ ...tool, ...result })
              return wasCalled ? [ProviderEvent.ToolUse({ name: tool.name })] : nothing
            })
          }
          if (results.length > 0 && !isOver(results))
            return Effect.mapError(ask([...told, said, ...heardOf(results, outcome.calls.length)]), Option.some)
          if (goesOn) return Effect.mapError(ask([...told, said]), Option.some)
          if (calls.length === 0 && !voice.hasSpoken())
            return Effect.fail(
              Option.some(silence({ ...outcome, isGarbled: outcome.isGarbled || voice.isCut() }, voice.hasThought()))
            )
          next = over
          return Effect.succeed([ProviderEvent.Done({ sessionId: null, model, finish: how, finishReason: finish })])
        })
        return nothing
      }

      return ask(protocol.begin(spec, input))
    }

    let next: Events = Effect.mapError(Effect.flatMap(protocol.model(spec), play), Option.some)
    return Effect.suspend(() => next)
  }

  return {
    pid: null,
    turn: (input) => Effect.map(Effect.scope, (scope) => begin(input, scope))
  }
}

const isOver = (results: ReadonlyArray<ToolResult>) => results.some(({ endsTurn }) => endsTurn === true)

const tooMany = (of: TooManyToolCalls["of"]) => new TooManyToolCalls({ of, most: turnLimits[of] })
