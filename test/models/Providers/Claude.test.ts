import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, layer } from "@effect/vitest"
import { assertEquals, assertInstanceOf, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, Deferred, Effect, Stream } from "effect"
import { ProviderEvent } from "../../../src/domain/Provider.ts"
import { Crashed, SessionLost } from "../../../src/domain/ProviderError.ts"
import { makeBill } from "../../support/bill.ts"
import { children } from "../../support/children.ts"
import { costOf, doneOf, input, makeHouse, openIn, play, spec, whyNot } from "../../support/ClaudeHouse.ts"
import * as Api from "../../support/MessagesApi.ts"
import { turnOf } from "../../support/turns.ts"

describe.skipIf(whyNot() !== "")(`Claude, with the real client against a local Messages API ${whyNot()}`, () => {
  layer(NodeContext.layer, { excludeTestServices: true })((it) => {
    it.scoped("streams thinking and text as they come, and ends with the turn's usage", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        const gate = yield* Deferred.make<void>()
        yield* api.reply(Api.answer(Api.thinking("Hm, ", "well."), Api.text("Hel", Deferred.await(gate), "lo.")))
        const session = yield* provider.open(spec())

        const bill = makeBill()
        const events = yield* turnOf(session, input("Hi", undefined, bill.spend)).pipe(
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
        assertEquals(doneOf(events)?.model, "claude-sonnet-4-5")
        const { isWhole, usage } = bill.spending()
        assertTrue((usage?.costUsd ?? 0) > 0)
        const tokens = { inputTokens: 10, outputTokens: 7, cacheReadTokens: 3, cacheWriteTokens: 4 }
        deepStrictEqual({ ...usage, costUsd: 0, isWhole }, { ...tokens, costUsd: 0, isWhole: true })
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

    it.scoped(
      "lists the models once a session was open, which remembers its turns and their cost, and is resumed later",
      () =>
        Effect.gen(function* () {
          const { api, provider } = yield* makeHouse()
          const idsOf = Effect.map(provider.models, (models) => models.map(({ id }) => id))
          deepStrictEqual(yield* idsOf, ["claude-sonnet-4-5"])
          const { close, session } = yield* openIn(provider)
          const [configured, ...listed] = yield* idsOf
          assertEquals(configured, "claude-sonnet-4-5")
          assertTrue(listed.includes("haiku"))
          const first = yield* costOf(session, "My name is Bob.")
          const bill = makeBill()
          const second = yield* play(session, "What is my name?", undefined, bill.spend)
          yield* close
          deepStrictEqual(yield* children, [])

          const resume = doneOf(second)?.sessionId ?? null
          const later = yield* provider.open(spec({ resume, systemPrompt: "You are Alice, older now." }))
          const third = yield* costOf(later, "And now?")
          const fourth = yield* costOf(later, "Still?")

          deepStrictEqual(api.calls[2]?.said, [
            { role: "user", texts: ["My name is Bob."] },
            { role: "assistant", texts: ["All right."] },
            { role: "user", texts: ["What is my name?"] },
            { role: "assistant", texts: ["All right."] },
            { role: "user", texts: ["And now?"] }
          ])
          assertEquals(api.calls[2]?.request.system.at(-1)?.text, "You are Alice, older now.")
          const costs = [first, bill.usage(), third, fourth].map((usage) => usage?.costUsd?.toFixed(9))
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
        const id = "5e0a5ef3-94a4-4d0e-93d5-3a4a2f0d7c11"
        const unknown = spec({ resume: `${id}@${id}` })

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

    it.scoped("an answer that breaks off in the middle is not begun anew: the turn fails with what was heard", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        const heard = yield* Deferred.make<void>()
        yield* api.reply(Api.answer(Api.text("One, ", "two, ", Deferred.await(heard), Api.cut)))
        const session = yield* provider.open(spec())
        const texts: Array<string> = []

        const error = yield* turnOf(session, input("Count")).pipe(
          Stream.tap((event) => Effect.sync(() => texts.push(event._tag === "TextDelta" ? event.text : event._tag))),
          Stream.runForEach(() => Deferred.succeed(heard, undefined)),
          Effect.flip
        )

        assertEquals(error, new Crashed({ reason: "the answer broke off in the middle" }))
        assertEquals(texts.join(""), "One, two, ")
      })
    )

    it.scoped("a process gets the variables that are named for it, and no other of the server's", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse({ environment: { HTTPS_PROXY: "http://proxy.example" } })
        const fs = yield* FileSystem.FileSystem

        const { pid } = yield* provider.open(spec())

        const environment = (yield* fs.readFileString(`/proc/${pid}/environ`)).split("\0").slice(0, -1)
        const names = environment.map((entry) => entry.replace(/=.*/s, ""))
        deepStrictEqual(new Set(names), new Set([...ofOurs, ...ofTheSdk]))
        assertTrue(environment.includes(`ANTHROPIC_BASE_URL=${api.url}`))
      })
    )

    it.scoped("asks nothing more once a tool has ended the turn, and goes on from there, resumed as well", () =>
      Effect.gen(function* () {
        const { api, provider } = yield* makeHouse()
        yield* api.reply(Api.answer(Api.text("Hm."), Api.toolUse("memorize", '{"memory_entry":"x"}')))
        const { close, session } = yield* openIn(provider)
        const kept = { text: "kept", isError: false, endsTurn: true }

        const events = yield* play(session, "Hi", () => Effect.succeed(kept))
        const asked = api.calls.length
        yield* play(session, "And now?")
        yield* close
        const resume = doneOf(events)?.sessionId ?? null
        yield* play(yield* provider.open(spec({ resume })), "And then?")

        deepStrictEqual(
          events.slice(0, -1).map(({ _tag }) => _tag),
          ["TextDelta", "ToolUse"]
        )
        assertEquals(asked, 1)
        deepStrictEqual(
          api.calls.slice(1).map(({ request }) => request.messages.map(({ content }) => typesOf(content))),
          ["And now?", "And then?"].map(() => [["text"], ["text", "tool_use"], ["tool_result", "text"]])
        )
      })
    )
  })
})

const ofOurs = [
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_BASE_URL",
  "API_TIMEOUT_MS",
  "CLAUDE_AGENT_SDK_CLIENT_APP",
  "CLAUDE_CODE_DISABLE_FILE_MENTIONS",
  "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
  "CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK",
  "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
  "CLAUDE_CODE_MAX_RETRIES",
  "CLAUDE_CODE_SIMPLE",
  "CLAUDE_CODE_TMPDIR",
  "CLAUDE_CONFIG_DIR",
  "CLAUDE_STREAM_FIRST_BYTE_TIMEOUT_MS",
  "DISABLE_AUTO_COMPACT",
  "HOME",
  "HTTPS_PROXY",
  "PATH"
]
const ofTheSdk = ["CLAUDE_AGENT_SDK_VERSION", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_SDK_READS_SESSION_STATE"]

const typesOf = (content: Api.Call["request"]["messages"][number]["content"]) =>
  typeof content === "string" ? ["text"] : content.map(({ type }) => type)
