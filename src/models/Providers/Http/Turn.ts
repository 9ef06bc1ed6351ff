import { Chunk, Effect, Option, Scope, Stream } from "effect"
import {
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
import { type Events, follow } from "./Follow.ts"
import type { Outcome, Protocol, ToolCall } from "./Protocol.ts"
import { refusal } from "./Refusal.ts"
import { callerOf } from "./Tools.ts"
import type { Transport } from "./Transport.ts"

type Asked = Effect.fn.Return<Chunk.Chunk<ProviderEvent>, ProviderError>

const nothing = Chunk.empty<ProviderEvent>()
const over = Effect.fail(Option.none())

/**
 * Sessions of an endpoint that remembers nothing: in each turn the model is told all, and asked again with the results
 * of the tools that it calls.
 */
export const session = <Message>(transport: Transport, protocol: Protocol<Message>, spec: SessionSpec): Session => {
  const call = callerOf(spec.tools)
  const circumstances = { hide: protocol.hide, isResumed: spec.resume !== null }

  // One stream whose next step changes: a stream for each request would cost more than all that is done with it.
  const begin = (input: TurnInput, scope: Scope.Scope): Events => {
    let requests = 0

    const play = (asked: string) => {
      const costOf = ({ model, tokens }: Tally.Told) => protocol.costOf(model, tokens) ?? protocol.costOf(asked, tokens)
      const tally = Tally.make(input.spend, costOf)

      const ask = Effect.fnUntraced(function* (told: ReadonlyArray<Message>): Asked {
        if (++requests > turnLimits.requests) return yield* tooMany("requests")
        tally.asked()
        const sent = Scope.extend(transport.send(protocol.ask(spec, asked, told)), scope)
        const answer = yield* Effect.tapErrorTag(sent, "Overloaded", () => Effect.sync(tally.refused))
        if (answer.status < 200 || answer.status > 299) {
          tally.refused()
          return yield* yield* refusal(answer, circumstances)
        }
        const listener = protocol.listen(asked)
        const ended = Effect.map(Effect.suspend(listener.outcome), (outcome) => settle(told, outcome))
        next = Effect.catchIf(follow(answer, listener, tally), Option.isNone, () => Effect.mapError(ended, Option.some))
        return nothing
      })

      const settle = (told: ReadonlyArray<Message>, { calls, finish, model, said }: Outcome<Message>) => {
        const results: Array<ToolCall & ToolResult> = []

        next = Effect.suspend(() => {
          const tool = isOver(results) ? undefined : calls[results.length]
          if (tool !== undefined) {
            if (results.length === turnLimits.calls) return Effect.fail(Option.some(tooMany("calls")))
            return Effect.map(call(tool, input.callTool), ({ result, wasCalled }) => {
              results.push({ ...tool, ...result })
              return wasCalled ? Chunk.of(ProviderEvent.ToolUse({ name: tool.name })) : nothing
            })
          }
          if (results.length > 0 && !isOver(results))
            return Effect.mapError(ask([...told, said, ...protocol.results(results)]), Option.some)
          next = over
          return Effect.succeed(
            Chunk.of(ProviderEvent.Done({ sessionId: null, model, finish: finishOf(finish), finishReason: finish }))
          )
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
    turn: (input) => Stream.fromPull(Effect.map(Effect.scope, (scope) => begin(input, scope)))
  }
}

const isOver = (results: ReadonlyArray<ToolResult>) => results.some(({ endsTurn }) => endsTurn === true)

const tooMany = (of: TooManyToolCalls["of"]) => new TooManyToolCalls({ of, most: turnLimits[of] })
