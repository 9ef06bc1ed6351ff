import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, layer } from "@effect/vitest"
import { assertEquals, assertInstanceOf, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, Deferred, Duration, Effect, Exit, Fiber, Option, Redacted, Schedule, Scope, Stream } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { existsSync } from "node:fs"
import { buildSync } from "esbuild"
import { AgentId } from "../../src/domain/Agent.ts"
import {
  Crashed,
  InvalidRequest,
  Overloaded,
  ProviderError,
  ProviderEvent,
  RateLimited,
  Seat,
  type Session,
  SessionLost,
  type SessionSpec,
  type TurnInput,
  Unauthorized
} from "../../src/domain/Provider.ts"
import { RoomId } from "../../src/domain/RoomId.ts"
import * as Claude from "../../src/Providers/Claude.ts"
import { stringify } from "../../src/lib/json.ts"
import { children, childrenOf, isRunning } from "../support/children.ts"
import * as Api from "../support/MessagesApi.ts"

const key = "sk-test-not-a-real-key"

const makeHouse = (startsAtOnce = 2) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const api = yield* Api.make()
    const dataDir = yield* fs.makeTempDirectoryScoped()
    const provider = yield* Claude.make({
      apiKey: Option.some(Redacted.make(key)),
      baseUrl: Option.some(api.url),
      model: "claude-sonnet-4-5",
      dataDir,
      maxThinkingTokens: 1024,
      startsAtOnce,
      environment: {}
    })
    return { api, dataDir, provider }
  })

const spec = (more: Partial<SessionSpec> = {}): SessionSpec => ({
  seat: new Seat({ roomId: RoomId.make(1), agentId: AgentId.make(1) }),
  agentName: "alice",
  model: "claude-sonnet-4-5",
  systemPrompt: "You are Alice, who mends clocks.",
  tools: [{ name: "memorize", description: "Keeps a memory", parameters: { memory_entry: "What to remember" } }],
  resume: null,
  ...more
})

const input = (text: string, callTool?: TurnInput["callTool"]): TurnInput => ({
  text,
  callTool: callTool ?? (() => Effect.succeed({ text: "kept", isError: false }))
})

const play = (session: Session, text: string, callTool?: TurnInput["callTool"]) =>
  Effect.map(Stream.runCollect(session.turn(input(text, callTool))), Chunk.toReadonlyArray)

const doneOf = (events: ReadonlyArray<ProviderEvent>) => events.find(ProviderEvent.$is("Done"))

/** A session in a scope of its own, so that a test can close it and look at what remains. */
const openIn = Effect.fnUntraced(function* (
  provider: Effect.Effect.Success<ReturnType<typeof Claude.make>>,
  more?: Partial<SessionSpec>
) {
  const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
  const session = yield* Scope.extend(provider.open(spec(more)), scope)
  return { session, close: Scope.close(scope, Exit.void) }
})

/** A program of the test's own as plain JavaScript, where it finds the installed packages. */
const bundle = (name: string) => {
  const outfile = `node_modules/.cache/parley/${name}.mjs`
  const options = { bundle: true, packages: "external", platform: "node", format: "esm" } as const
  buildSync({ entryPoints: [`test/support/${name}.ts`], outfile, ...options })
  return outfile
}

const whyNot = () => {
  const names = [`linux-${process.arch}`, `linux-${process.arch}-musl`]
  const folder = "node_modules/@anthropic-ai/claude-agent-sdk-"
  if (!existsSync("/proc/self/stat")) return "skipped: processes are counted in /proc, which only Linux has"
  return names.some((name) => existsSync(`${folder}${name}/claude`))
    ? ""
    : "skipped: needs the client of @anthropic-ai/claude-agent-sdk, an optional package for this platform"
}

const hasSetpriv = ["/usr/bin/setpriv", "/bin/setpriv"].some((file) => existsSync(file))

const reason = whyNot()

describe.skipIf(reason !== "")(`Claude, with the real client against a local Messages API ${reason}`, () => {
  layer(NodeContext.layer, { excludeTestServices: true })((it) => {
    it.scoped("streams thinking and text as they come, and ends with the turn's usage", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        const gate = yield* Deferred.make<void>()
        yield* api.reply(Api.answer(Api.thinking("Hm, ", "well."), Api.text("Hel", Deferred.await(gate), "lo.")))
        const session = yield* provider.open(spec())

        const events = yield* session.turn(input("Hi")).pipe(
          Stream.tap((event) => Effect.when(Deferred.succeed(gate, undefined), () => event._tag === "TextDelta")),
          Stream.runCollect,
          Effect.map(Chunk.toReadonlyArray)
        )

        deepStrictEqual(events.slice(0, -1), [
          ProviderEvent.ThinkingDelta({ text: "Hm, " }),
          ProviderEvent.ThinkingDelta({ text: "well." }),
          ProviderEvent.TextDelta({ text: "Hel" }),
          ProviderEvent.TextDelta({ text: "lo." })
        ])
        deepStrictEqual(api.calls[0]?.request.thinking, { type: "enabled", budget_tokens: 1024, display: "summarized" })
        const done = doneOf(events)
        assertEquals(done?.model, "claude-sonnet-4-5")
        assertTrue((done?.usage.costUsd ?? 0) > 0)
        deepStrictEqual(
          { ...done?.usage, costUsd: 0 },
          {
            inputTokens: 10,
            outputTokens: 7,
            cacheReadTokens: 3,
            cacheWriteTokens: 4,
            costUsd: 0
          }
        )
      })
    )

    it.scoped("takes a tool call to the turn and the result to the model", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        const use = Api.toolUse("memorize", '{"memory_entry":', '"Bob likes tea"}')
        yield* api.reply(Api.answer(Api.text("Wait."), use), Api.answer(Api.text("Done.")))
        const asked: Array<unknown> = []
        const session = yield* provider.open(spec())

        const events = yield* play(session, "Hi", (name, given) =>
          Effect.sync(() => asked.push([name, given])).pipe(
            Effect.as({ text: "too long @/etc/hostname", isError: true })
          )
        )

        deepStrictEqual(asked, [["memorize", { memory_entry: "Bob likes tea" }]])
        deepStrictEqual(events.slice(0, -1), [
          ProviderEvent.TextDelta({ text: "Wait." }),
          ProviderEvent.ToolUse({ name: "memorize" }),
          ProviderEvent.TextDelta({ text: "Done." })
        ])
        const last = api.calls[1]?.request.messages.at(-1)
        deepStrictEqual(
          [
            last?.role,
            typeof last?.content === "string" ? [] : last?.content.map(({ is_error, type }) => [type, is_error])
          ],
          ["user", [["tool_result", true]]]
        )
        assertTrue(api.calls[1]?.body.includes("too long @/etc/hostname") ?? false)
      })
    )

    it.scoped("sends what people write as it is, and nothing of the machine", () =>
      Effect.gen(function* () {
        const { api, dataDir, provider } = yield* makeHouse()
        const fs = yield* FileSystem.FileSystem
        const path = yield* Path.Path
        const file = path.join(dataDir, "private.txt")
        yield* fs.writeFileString(file, "unguessable-content")
        yield* api.reply(Api.answer(Api.toolUse("memorize", '{"memory_entry":"x"}')))
        const session = yield* provider.open(spec())
        const texts = [
          `Look at @${file} please`,
          `@${file}`,
          "/clear",
          "/context",
          "/memorize  two  blanks\n",
          "!ls #x"
        ]

        yield* Effect.forEach(texts, (text) => play(session, text))

        const said = api.calls.at(-1)?.said.filter(({ role }) => role === "user") ?? []
        deepStrictEqual(
          said.flatMap((message) => message.texts),
          texts
        )
        assertEquals(api.calls.length, texts.length + 1)
        for (const { body } of api.calls) {
          assertTrue(!body.includes("unguessable-content"))
          assertTrue(!body.includes("system-reminder"))
        }
        deepStrictEqual(
          api.calls[0]?.request.tools?.map(({ name }) => name),
          ["mcp__parley__memorize"]
        )
        assertEquals(api.calls[0]?.request.system.at(-1)?.text, spec().systemPrompt)
      })
    )

    it.scoped("a session remembers its turns and tells each one's cost, and a later session resumes it", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        const { close, session } = yield* openIn(provider)
        const first = yield* play(session, "My name is Bob.")
        const second = yield* play(session, "What is my name?")
        yield* close
        deepStrictEqual(yield* children, [])

        const resume = doneOf(second)?.sessionId ?? null
        const later = yield* provider.open(spec({ resume, systemPrompt: "You are Alice, older now." }))
        const third = yield* play(later, "And now?")
        const fourth = yield* play(later, "Still?")

        deepStrictEqual(api.calls[2]?.said, [
          { role: "user", texts: ["My name is Bob."] },
          { role: "assistant", texts: ["All right."] },
          { role: "user", texts: ["What is my name?"] },
          { role: "assistant", texts: ["All right."] },
          { role: "user", texts: ["And now?"] }
        ])
        assertEquals(api.calls[2]?.request.system.at(-1)?.text, "You are Alice, older now.")
        const costs = [first, second, third, fourth].map((events) => doneOf(events)?.usage.costUsd?.toFixed(9))
        assertTrue(Number(costs[0]) > 0)
        deepStrictEqual(
          costs,
          Array.from({ length: 4 }, () => costs[0])
        )
      })
    )

    it.scoped("a session that is not there is SessionLost", () =>
      Effect.gen(function* () {
        const { provider } = yield* makeHouse()
        const unknown = spec({ resume: "5e0a5ef3-94a4-4d0e-93d5-3a4a2f0d7c11" })

        assertInstanceOf(yield* Effect.flip(Effect.scoped(provider.open(unknown))), SessionLost)
        assertInstanceOf(yield* Effect.flip(provider.open(spec({ resume: "some-title" }))), SessionLost)
        deepStrictEqual(yield* children, [])
      })
    )

    it.scoped("a session that is full is SessionLost, without a request", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.answerCosting({ ...Api.usage, input_tokens: 199_000 }, Api.text("Long ago")))
        const session = yield* provider.open(spec())
        yield* play(session, "Tell me all.")

        assertInstanceOf(yield* Effect.flip(play(session, "Go on")), SessionLost)
        assertEquals(api.calls.length, 1)
      })
    )

    it.scoped("interrupting a turn closes the provider's connection within 100 ms", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.answer(Api.text("One ", Effect.never)))
        const { close, session } = yield* openIn(provider)
        const heard = yield* Deferred.make<void>()
        const turn = session.turn(input("Count")).pipe(Stream.runForEach(() => Deferred.succeed(heard, undefined)))
        const fiber = yield* Effect.fork(turn)
        const call = yield* api.next
        yield* Deferred.await(heard)

        const interruption = yield* Effect.fork(Fiber.interrupt(fiber))
        const [took, whole] = yield* Effect.timed(Deferred.await(call.closed))
        yield* Fiber.join(interruption)

        assertEquals(whole, false)
        assertTrue(Duration.toMillis(took) < 100)
        const reason = "the session's last turn did not reach its end"
        assertEquals(yield* Effect.flip(play(session, "Go on")), new Crashed({ reason }))
        yield* close
        deepStrictEqual(yield* children, [])
      })
    )

    it.scoped("a turn can be interrupted before the first token and in a tool, and nothing remains", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.silence, Api.answer(Api.toolUse("memorize", '{"memory_entry":"x"}')))
        const silent = yield* openIn(provider)
        const waiting = yield* Effect.fork(play(silent.session, "Hi"))
        const call = yield* api.next
        yield* Fiber.interrupt(waiting)
        assertEquals(yield* Deferred.await(call.closed), false)
        yield* silent.close

        const called = yield* Deferred.make<void>()
        const stopped = yield* Deferred.make<void>()
        const stuck = Deferred.succeed(called, undefined).pipe(
          Effect.zipRight(Effect.never),
          Effect.onInterrupt(() => Deferred.succeed(stopped, undefined))
        )
        const busy = yield* openIn(provider)
        const calling = yield* Effect.fork(play(busy.session, "Hi", () => stuck))
        yield* Deferred.await(called)
        yield* Fiber.interrupt(calling)
        assertTrue(yield* Deferred.isDone(stopped))
        yield* busy.close

        deepStrictEqual(yield* children, [])
        assertEquals(api.calls.length, 2)
      })
    )

    it.scoped("interrupting while it connects leaves no process", () =>
      Effect.gen(function* () {
        const { provider } = yield* makeHouse()
        const fiber = yield* Effect.fork(Effect.scoped(provider.open(spec())))
        yield* Effect.repeat(children, { until: (ids) => ids.length === 1, schedule: Schedule.spaced("2 millis") })

        const [took] = yield* Effect.timed(Fiber.interrupt(fiber))

        deepStrictEqual(yield* children, [])
        assertTrue(Duration.toMillis(took) < 500)
      })
    )

    it.scoped("closing the scope in the middle of a turn ends the turn and the process", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.answer(Api.text("One ", Effect.never)))
        const { close, session } = yield* openIn(provider)
        const fiber = yield* Effect.fork(Effect.flip(play(session, "Count")))
        const call = yield* api.next

        const [took] = yield* Effect.timed(close)

        assertInstanceOf(yield* Fiber.join(fiber), Crashed)
        assertEquals(yield* Deferred.await(call.closed), false)
        assertTrue(Duration.toMillis(took) < 1000)
        deepStrictEqual(yield* children, [])
      })
    )

    it.scoped("a process that does not obey is killed", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.answer(Api.text("One ", Effect.never)))
        const { close, session } = yield* openIn(provider)
        const fiber = yield* Effect.fork(play(session, "Count"))
        const call = yield* api.next
        const [id = 0] = yield* children
        process.kill(id, "SIGSTOP")

        yield* Fiber.interrupt(fiber)
        assertEquals(yield* Deferred.await(call.closed), false)
        yield* close
        deepStrictEqual(yield* children, [])

        const idle = yield* openIn(provider)
        const [other = 0] = yield* children
        process.kill(other, "SIGSTOP")
        yield* idle.close
        deepStrictEqual(yield* children, [])
      })
    )

    it.scoped("a killed process is Crashed, during a turn and after it", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.answer(Api.text("One ", Effect.never)))
        const { session } = yield* openIn(provider)
        const fiber = yield* Effect.fork(Effect.flip(play(session, "Count")))
        yield* api.next
        const [id = 0] = yield* children
        process.kill(id, "SIGKILL")

        assertEquals(yield* Fiber.join(fiber), new Crashed({ reason: "the client's process got SIGKILL" }))
        assertInstanceOf(yield* Effect.flip(play(session, "Go on")), Crashed)
      })
    )

    it.scoped.skipIf(!hasSetpriv)(
      "a server that is killed takes its processes along (needs setpriv of util-linux)",
      () =>
        Effect.gen(function* () {
          const { api, dataDir } = yield* makeHouse()
          yield* api.reply(Api.answer(Api.text("One ", Effect.never)))
          const server = yield* Command.start(Command.make(process.execPath, bundle("doomed"), api.url, dataDir))
          const call = yield* api.next
          const [id = 0] = yield* childrenOf(server.pid)
          assertTrue(yield* isRunning(id))

          process.kill(server.pid, "SIGKILL")

          assertEquals(yield* Effect.timeout(Deferred.await(call.closed), "2 seconds"), false)
          yield* Effect.repeat(isRunning(id), { until: (running) => !running }).pipe(Effect.timeout("2 seconds"))
        })
    )

    const refusals: ReadonlyArray<readonly [string, Parameters<typeof Api.refuse>, number, ProviderError]> = [
      ["401 is Unauthorized at once", [401], 1, new Unauthorized()],
      ["403 is Unauthorized at once", [403], 1, new Unauthorized()],
      ["429 is RateLimited at once", [429], 1, new RateLimited({ retryAfterMs: null })],
      ["529 is Overloaded at once", [529], 1, new Overloaded()],
      ["500 is Overloaded after one retry", [500], 2, new Overloaded()]
    ]
    for (const [name, refusal, requests, error] of refusals) {
      it.scoped(name, () =>
        Effect.gen(function* () {
          const { api, provider } = yield* makeHouse()
          yield* api.reply(Api.refuse(...refusal), Api.refuse(...refusal))
          const session = yield* provider.open(spec())

          assertEquals(yield* Effect.flip(play(session, "Hi")), error)
          assertEquals(api.calls.length, requests)
        })
      )
    }

    it.scoped("an error inside the stream is Overloaded after one retry", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.stumble, Api.stumble)
        const session = yield* provider.open(spec())

        assertEquals(yield* Effect.flip(play(session, "Hi")), new Overloaded())
        assertEquals(api.calls.length, 2)
      })
    )

    it.scoped("a refusal with retry-after says how long to wait", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.refuse(429, { "retry-after": "7" }))
        const session = yield* provider.open(spec())

        const error = yield* Effect.flip(play(session, "Hi"))

        assertInstanceOf(error, RateLimited)
        assertTrue((error.retryAfterMs ?? 0) >= 7000 && (error.retryAfterMs ?? 0) < 9000)
      })
    )

    it.scoped("a bad request tells why, and never the key", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.refuse(400), Api.refuse(400), Api.refuse(400))
        const session = yield* provider.open(spec())

        const error = yield* Effect.flip(play(session, "Hi"))

        assertInstanceOf(error, InvalidRequest)
        assertTrue(error.reason.includes("refused"))
        assertTrue(!stringify(error).includes(key))
      })
    )

    it.scoped("an answer cut off in the middle goes on in the same turn", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        const heard = yield* Deferred.make<void>()
        const broken = Api.answer(Api.text("One, ", "two, ", Deferred.await(heard), Api.cut))
        yield* api.reply(broken, Api.answer(Api.text("three.")))
        const session = yield* provider.open(spec())

        const events = yield* session.turn(input("Count")).pipe(
          Stream.tap(() => Deferred.succeed(heard, undefined)),
          Stream.runCollect,
          Effect.map(Chunk.toReadonlyArray)
        )

        assertEquals(
          events.flatMap((event) => (event._tag === "TextDelta" ? event.text : "")).join(""),
          "One, two, three."
        )
      })
    )

    it.scoped("no more processes start at once than allowed", () =>
      Effect.gen(function* () {
        const { provider } = yield* makeHouse(1)
        let opened = 0
        let most = 0
        const open = Effect.tap(provider.open(spec()), () => Effect.sync(() => opened++))
        const fiber = yield* Effect.fork(Effect.all([open, open], { concurrency: "unbounded" }))
        const look = Effect.map(children, (ids) => (most = Math.max(most, ids.length - opened)))
        yield* Effect.repeat(look, { until: () => opened === 2, schedule: Schedule.spaced("10 millis") })
        yield* Fiber.join(fiber)

        assertEquals(most, 1)
      })
    )
  })
})
