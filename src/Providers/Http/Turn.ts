import { Chunk, Effect, Option, Scope, Stream } from "effect"
import {
  Crashed,
  type ProviderError,
  ProviderEvent,
  type Session,
  type SessionSpec,
  type ToolResult,
  type TurnInput
} from "../../domain/Provider.ts"
import { type Events, follow } from "./Follow.ts"
import type { Outcome, Protocol, ToolCall } from "./Protocol.ts"
import { refusal } from "./Refusal.ts"
import * as Spending from "./Spending.ts"
import { callerOf } from "./Tools.ts"
import type { Transport } from "./Transport.ts"

const mostRequests = 8

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
    let next: Events = Effect.mapError(
      Effect.flatMap(protocol.model(spec), (model) => ask(model, protocol.begin(spec, input), Spending.none)),
      Option.some
    )

    const ask = (
      model: string,
      told: ReadonlyArray<Message>,
      spending: Spending.Spending
    ): Effect.Effect<Chunk.Chunk<ProviderEvent>, ProviderError> =>
      Effect.gen(function* () {
        if (spending.requests === mostRequests)
          return yield* new Crashed({ reason: `the model called tools in ${mostRequests} answers in a row` })
        const answer = yield* Scope.extend(transport.send(protocol.ask(spec, model, told)), scope)
        if (answer.status < 200 || answer.status > 299) return yield* yield* refusal(answer, circumstances)
        const listener = protocol.listen(model)
        const ended = Effect.mapError(
          Effect.map(Effect.suspend(listener.outcome), (outcome) => settle(model, told, spending, outcome)),
          Option.some
        )
        next = Effect.catchIf(follow(answer, listener), Option.isNone, () => ended)
        return nothing
      })

    const settle = (
      model: string,
      told: ReadonlyArray<Message>,
      spending: Spending.Spending,
      { calls, finish, model: answered, said, spent }: Outcome<Message>
    ) => {
      const cost = protocol.costOf(answered, spent) ?? protocol.costOf(model, spent)
      const all = Spending.add(spending, spent, cost)
      const results: Array<ToolCall & ToolResult> = []

      const act: Events = Effect.suspend(() => {
        const tool = isOver(results) ? undefined : calls[results.length]
        if (tool !== undefined)
          return Effect.map(call(tool, input.callTool), ({ result, wasCalled }) => {
            results.push({ ...tool, ...result })
            return wasCalled ? Chunk.of(ProviderEvent.ToolUse({ name: tool.name })) : nothing
          })
        if (results.length > 0 && !isOver(results))
          return Effect.mapError(ask(model, [...told, said, ...protocol.results(results)], all), Option.some)
        next = over
        const done = { sessionId: null, model: answered, usage: all.usage, finishReason: finish }
        return Effect.succeed(Chunk.of(ProviderEvent.Done(done)))
      })

      next = act
      return nothing
    }

    return Effect.suspend(() => next)
  }

  return {
    pid: null,
    turn: (input) => Stream.fromPull(Effect.map(Effect.scope, (scope) => begin(input, scope)))
  }
}

const isOver = (results: ReadonlyArray<ToolResult>) => results.some(({ endsTurn }) => endsTurn === true)
