import { Chunk, Effect, Either, Option, Stream } from "effect"
import {
  Crashed,
  type ProviderError,
  ProviderEvent,
  type Session,
  type SessionSpec,
  type ToolResult
} from "../../domain/Provider.ts"
import type { Listener, Outcome, Protocol, ToolCall } from "./Protocol.ts"
import { refusal } from "./Refusal.ts"
import * as Sse from "./Sse.ts"
import * as Spending from "./Spending.ts"
import { callerOf } from "./Tools.ts"
import type { Answer, Transport } from "./Transport.ts"

const mostRequests = 8

type Events = Stream.Stream<ProviderEvent, ProviderError>

/** What an answer says, as it comes. */
const follow = <Message>(answer: Answer, listener: Listener<Message>): Events => {
  const read = Sse.make()
  let failure: ProviderError | null = null

  const hear = (bytes: Uint8Array): ReadonlyArray<ProviderEvent> => {
    const events: Array<ProviderEvent> = []
    const heard = Either.map(read(bytes), (found) => {
      for (const data of found) {
        if (failure !== null || listener.isOver()) return
        Either.match(listener.hear(data), {
          onLeft: (error) => void (failure = error),
          onRight: (more) => void events.push(...more)
        })
      }
    })
    if (Either.isLeft(heard)) failure ??= heard.left
    return events
  }

  return Stream.repeatEffectChunkOption(
    Effect.suspend(() => {
      if (failure !== null) return Effect.fail(Option.some(failure))
      if (listener.isOver()) return Effect.zipRight(answer.release, Effect.fail(Option.none()))
      return Effect.map(answer.read, (pieces) => Chunk.unsafeFromArray(pieces.flatMap(hear)))
    })
  )
}

/**
 * Sessions of an endpoint that remembers nothing: in each turn the model is told all, and asked again with the results
 * of the tools that it calls.
 */
export const session = <Message>(transport: Transport, protocol: Protocol<Message>, spec: SessionSpec): Session => {
  const call = callerOf(spec.tools)
  const circumstances = { hide: protocol.hide, isResumed: spec.resume !== null }

  const request = (model: string, told: ReadonlyArray<Message>, listener: Listener<Message>): Events =>
    Stream.unwrapScoped(
      Effect.flatMap(transport.send(protocol.ask(spec, model, told)), (answer) =>
        answer.status >= 200 && answer.status < 300
          ? Effect.succeed(follow(answer, listener))
          : Effect.flatMap(refusal(answer, circumstances), Effect.fail)
      )
    )

  const turn: Session["turn"] = (input) => {
    const act = (calls: ReadonlyArray<ToolCall>, then: (results: ReadonlyArray<ToolCall & ToolResult>) => Events) => {
      const results: Array<ToolCall & ToolResult> = []
      const one = (it: ToolCall) =>
        Effect.map(call(it, input.callTool), ({ result, wasCalled }) => {
          results.push({ ...it, ...result })
          return wasCalled ? Chunk.of(ProviderEvent.ToolUse({ name: it.name })) : Chunk.empty()
        })
      const used = Stream.flattenChunks(Stream.mapEffect(Stream.rechunk(Stream.fromIterable(calls), 1), one))
      return Stream.concat(
        Stream.takeUntil(used, () => hasSkipped(results)),
        Stream.suspend(() => then(results))
      )
    }

    const exchange = (model: string, told: ReadonlyArray<Message>, spending: Spending.Spending): Events => {
      if (spending.requests === mostRequests)
        return Stream.fail(new Crashed({ reason: `the model called tools in ${mostRequests} answers in a row` }))
      const listener = protocol.listen(model)
      const next = ({ calls, model: answered, said, spent }: Outcome<Message>): Events => {
        const cost = protocol.costOf(answered, spent) ?? protocol.costOf(model, spent)
        const all = Spending.add(spending, spent, cost)
        const done = Stream.make(ProviderEvent.Done({ sessionId: null, model: answered, usage: all.usage }))
        if (calls.length === 0) return done
        return act(calls, (results) =>
          hasSkipped(results) ? done : exchange(model, [...told, said, ...protocol.results(results)], all)
        )
      }
      return Stream.concat(
        request(model, told, listener),
        Stream.suspend(() => Either.match(listener.outcome(), { onLeft: Stream.fail, onRight: next }))
      )
    }

    return Stream.unwrap(
      Effect.map(protocol.model(spec), (model) => exchange(model, protocol.begin(spec, input), Spending.none))
    )
  }

  return { pid: null, turn }
}

/** Whether the agent chose to stay silent, and may. */
const hasSkipped = (results: ReadonlyArray<ToolCall & ToolResult>) =>
  results.some(({ isError, name }) => name === "skip" && !isError)
