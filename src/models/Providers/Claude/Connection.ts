import type { Query, SDKUserMessage } from "@anthropic-ai/claude-agent-sdk"
import { Effect, Either, identity, Option, Queue, Stream } from "effect"
import { ProviderEvent, type SessionSpec, textOf, type TurnInput } from "../../../domain/Provider.ts"
import { Crashed, type ProviderError } from "../../../domain/ProviderError.ts"
import * as Inbox from "../../../lib/inbox.ts"
import type { Bill } from "./Bill.ts"
import type { Bookmark } from "./Bookmark.ts"
import * as Child from "./Child.ts"
import * as Message from "./Message.ts"
import { type Client, optionsFor, serverName } from "./Options.ts"
import * as Sdk from "./Sdk.ts"
import * as Tools from "./Tools.ts"

type Said = Pick<TurnInput, "parts" | "ask" | "images">

export interface Connection {
  readonly pid: number | null
  readonly say: (said: Said) => Effect.Effect<void>
  /** The next that comes back, turn after turn. A process that has ended, however, is a `Crashed`. */
  readonly next: Effect.Effect<ProviderEvent, ProviderError>
  /** Stops the work at the provider at once. A process that does not obey is killed. */
  readonly interrupt: Effect.Effect<void>
}

/** Starts a process; returns when it is ready for the first turn. It is gone when the scope has closed. */
export const connect = Effect.fnUntraced(function* (
  client: Client,
  spec: SessionSpec,
  bookmark: Bookmark | null,
  callTool: Tools.Call,
  bill: Bill
) {
  const sdk = yield* Sdk.load
  const child = yield* Child.make(client)
  const prompts = yield* Queue.unbounded<SDKUserMessage>()
  const inbox = Inbox.make<Message.Heard, Crashed>()
  const read = Message.read(client.hide)
  const crash = (reason: string) => new Crashed({ reason: client.hide(reason) })
  let isReady = false

  const start = Effect.try({
    try: () =>
      sdk.query({
        prompt: Stream.toAsyncIterable(Stream.fromQueue(prompts)),
        options: {
          ...optionsFor(client, spec, bookmark),
          mcpServers: {
            [serverName]: Tools.serve(sdk, spec.tools, async (name, input) => {
              const result = await callTool(name, input)
              inbox.offer(Either.right(ProviderEvent.ToolUse({ name })))
              return result
            })
          },
          spawnClaudeCodeProcess: child.spawn
        }
      }),
    catch: (cause) => crash(String(cause))
  })

  const listen = (query: Query) =>
    Stream.fromAsyncIterable(query, String).pipe(
      Stream.mapAccum(Message.first(spec), (memory, message) => {
        bill.note(message)
        return read(memory, message)
      }),
      Stream.filterMap(identity),
      Stream.runForEach((heard) => Effect.sync(() => inbox.offer(heard))),
      Effect.match({ onFailure: identity, onSuccess: () => "the client ended" }),
      Effect.flatMap((last) =>
        Effect.map(
          Effect.timeoutOption(child.ended, "1 second"),
          Option.getOrElse(() => last)
        )
      ),
      Effect.map((how) => inbox.end(crash(how)))
    )

  const stop = Effect.fnUntraced(function* (query: Query) {
    if (!isReady) yield* child.end
    query.close()
    yield* Queue.shutdown(prompts)
    // A second interruption cuts this wait short; whatever remains then is killed.
    yield* Effect.exit(Effect.timeout(Effect.interruptible(child.gone), "2 seconds"))
    yield* child.end
  })

  const begin = Effect.gen(function* () {
    yield* Effect.addFinalizer(() => Effect.sync(() => inbox.end(crash("the session was closed"))))
    const query = yield* start
    yield* Effect.forkScoped(Effect.interruptible(listen(query)))
    yield* Effect.addFinalizer(() => stop(query))
    return query
  })

  const query = yield* Effect.uninterruptible(begin)
  const ready = Effect.orElse(
    Effect.tryPromise(() => query.initializationResult()),
    () => Effect.never
  )
  const next = Effect.flatMap(inbox.next, identity)
  const { models } = yield* Effect.raceFirst(ready, Effect.forever(next))
  isReady = true
  client.learn(models.map(({ displayName, value }) => ({ id: value, name: displayName })))

  return {
    pid: child.pid(),
    say: (said) => Queue.offer(prompts, spoken(said)),
    next,
    interrupt: Effect.tryPromise(() => query.interrupt()).pipe(
      Effect.interruptible,
      Effect.timeout("1 second"),
      Effect.catchAllCause(() => child.end)
    )
  } satisfies Connection
})

const spoken = (said: Said): SDKUserMessage => {
  const text = textOf(said)
  const content = said.images.length === 0 ? text : [textBlock(text), ...said.images.flatMap(imageBlocks)]
  return { type: "user", message: { role: "user", content }, parent_tool_use_id: null }
}

const textBlock = (text: string) => ({ type: "text" as const, text })

const imageBlocks = ({ bytes, label, media_type }: TurnInput["images"][number]) => {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")
  return [textBlock(label), { type: "image" as const, source: { type: "base64" as const, media_type, data } }]
}
