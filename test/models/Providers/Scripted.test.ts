import { describe, it } from "@effect/vitest"
import { assertEquals, assertLeft, deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, Effect, Fiber, Stream, TestClock } from "effect"
import { AgentId } from "../../../src/domain/Agent.ts"
import { ProviderEvent, Seat, type TurnInput } from "../../../src/domain/Provider.ts"
import { InvalidRequest, RateLimited } from "../../../src/domain/ProviderError.ts"
import { RoomId } from "../../../src/domain/RoomId.ts"
import { parse } from "../../../src/models/Providers/Scripted/Parse.ts"
import { say, stop } from "../../../src/models/Providers/Scripted/Script.ts"
import * as Scripted from "../../../src/models/Providers/Scripted.ts"
import { settle } from "../../support/settle.ts"
import { specFor } from "../../support/Clients.ts"
import { told } from "../../support/told.ts"
import { turnOf } from "../../support/turns.ts"

const bob = "Only lines that begin with #1 come from the room\n#1 Bob (person):\nHi\n#1 Your turn"
const cleo = "Only lines that begin with #1 come from the room\n#1 Cleo (agent):\nHi\n#1 Your turn"

const open = (page: string, resume: string | null = null, roomId = 1) =>
  Scripted.make({ paceMs: 0 }).open(
    specFor("ada", {
      seat: new Seat({ roomId: RoomId.make(roomId), agentId: AgentId.make(1) }),
      systemPrompt: `You are ada.\n\n${page}\n\n# The room\n\nNobody else.`,
      resume
    })
  )

/** What a turn came to, in words. */
const shown = (event: ProviderEvent) =>
  ProviderEvent.$match(event, {
    TextDelta: ({ text }) => text,
    ThinkingDelta: ({ text }) => `(${text})`,
    Unsaid: () => "(all that)",
    Unthought: () => "(not that)",
    ToolUse: ({ name }) => `[${name}]`,
    Done: ({ sessionId }) => `= ${sessionId}`
  })

const turn = (text: string, callTool: TurnInput["callTool"] = () => Effect.succeed({ text: "", isError: false })) => ({
  ...told(text),
  callTool
})

const turns = (page: string, ...texts: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const session = yield* open(page)
    return yield* Effect.forEach(texts, (text) =>
      Stream.runFold(turnOf(session, turn(text)), "", (all, event) => all + shown(event))
    )
  })

describe("A persona's script", () => {
  it.scopedLive("is played turn by turn, over and over, and knows who spoke", () =>
    Effect.gen(function* () {
      const page = "## Script\n\n```\nthink Hm.\nsay Hello, {speaker}.\n\nsay Bye.\nturn\ncall skip\n```"

      deepStrictEqual(yield* turns(page, bob, cleo, bob, cleo), [
        "(Hm.)Hello, Bob.= scripted-1/1-1",
        "Bye.= scripted-1/1-2",
        "[skip]= scripted-1/1-3",
        "(Hm.)Hello, Cleo.= scripted-1/1-4"
      ])
    })
  )

  it.scopedLive("goes on where a resumed session stood", () =>
    Effect.gen(function* () {
      const session = yield* open("## Script\nsay One.\n\nsay Two.", "scripted-1/1-1")

      assertEquals(
        yield* Stream.runFold(turnOf(session, turn(bob)), "", (all, event) => all + shown(event)),
        "Two.= scripted-1/1-2"
      )
    })
  )

  it.scoped("takes the time that it says it takes", () =>
    Effect.gen(function* () {
      const session = yield* open("## Script\npause 2s\npace 50ms\nsay Well, hello.")
      const heard: Array<string> = []
      const fiber = yield* Effect.fork(
        Stream.runForEach(turnOf(session, turn(bob)), (event) => Effect.sync(() => heard.push(shown(event))))
      )

      yield* settle
      yield* TestClock.adjust(2049)
      deepStrictEqual(heard, [])
      yield* TestClock.adjust(1)
      deepStrictEqual(heard, ["Well, "])
      yield* TestClock.adjust(50)
      yield* Fiber.join(fiber)
      deepStrictEqual(heard, ["Well, ", "hello.", "= scripted-1/1-1"])
    })
  )

  it.scopedLive("calls tools with their input and fails as it says", () =>
    Effect.gen(function* () {
      const session = yield* open(
        '## Script\ncall memorize memory_entry="Bob likes \\"tea\\"" when=now\nfail rate_limited 30s'
      )
      const asked: Array<unknown> = []
      const callTool: TurnInput["callTool"] = (...call) =>
        Effect.as(
          Effect.sync(() => asked.push(call)),
          { text: "kept", isError: false }
        )

      assertEquals(
        yield* Effect.flip(Stream.runDrain(turnOf(session, turn(bob, callTool)))),
        new RateLimited({ retryAfterMs: 30_000 })
      )
      deepStrictEqual(asked, [["memorize", { memory_entry: 'Bob likes "tea"', when: "now" }]])
    })
  )

  it.scopedLive("chooses by weight, and the same seat in the same turn chooses the same", () =>
    Effect.gen(function* () {
      const page = "## Script\neither 3\n  say yes\nor\n  say no\nend\nsay ."
      const many = Array.from({ length: 100 }, () => bob)
      const first = yield* turns(page, ...many)

      deepStrictEqual(yield* turns(page, ...many), first)
      const yes = first.filter((said) => said.startsWith("yes")).length
      assertEquals(yes > 60 && yes < 90, true)
    })
  )

  it.scopedLive("that is broken fails the turn with the line and what belongs there", () =>
    Effect.gen(function* () {
      const session = yield* open("## Script\n\nsay Hello.\npause long")

      const error = yield* Effect.flip(Stream.runDrain(turnOf(session, turn(bob))))

      assertEquals(
        error,
        new InvalidRequest({ reason: "the script of ada is broken in line 3: expected a time, such as `20ms` or `2s`" })
      )
    })
  )

  const broken: ReadonlyArray<readonly [string, string]> = [
    ["", "line 1: expected a verb, such as `say`"],
    ["say", "line 1: expected words after `say`"],
    ["hang on", "line 1: expected nothing after `hang`"],
    ["say a\n\ncall", "line 3: expected the name of a tool"],
    ["call keep x", 'line 1: expected inputs, such as `memory_entry="Bob likes tea"`'],
    [
      "fail often",
      "line 1: expected one of rate_limited, overloaded, unauthorized, session_lost, invalid_request, crashed"
    ],
    ["say a\nend", "line 2: expected `either` before it"],
    ["either\nsay a\n\nend", "line 1: expected an `end` to it in the same turn"],
    ["either often\nend", "line 1: expected nothing or a weight, such as `2`"],
    [
      "sing la",
      "line 1: expected one of say, think, call, pace, pause, fail, hang, die, garbage, stop, done, either; there is no `sing`"
    ]
  ]
  it.each(broken)("is not read from %j", (text, problem) => assertLeft(parse(text), problem))
})

describe("A persona without a script", () => {
  it.scopedLive("answers persons with all its lines, and agents now and then", () =>
    Effect.gen(function* () {
      const page = "## Lines\n\n- One, {speaker}.\n- Two."
      const [first = "", second = ""] = yield* turns(page, bob, bob)
      deepStrictEqual([first, second].map((said) => said.replace(/=.*/, "")).toSorted(), ["One, Bob.", "Two."])

      const answers = yield* turns(page, ...Array.from({ length: 100 }, () => cleo))
      const skips = answers.filter((said) => said.startsWith("[skip]")).length
      assertEquals(skips > 45 && skips < 75, true)
    })
  )
})

describe("A script given in code", () => {
  it.scopedLive("says texts as they are, and may end without saying so", () =>
    Effect.gen(function* () {
      const provider = Scripted.make({ paceMs: 5, script: ({ turn }) => [say(`Turn ${turn}, as a whole.`), stop] })
      const session = yield* provider.open(specFor("ada"))

      deepStrictEqual(Chunk.toReadonlyArray(yield* Stream.runCollect(turnOf(session, turn(bob)))), [
        ProviderEvent.TextDelta({ text: "Turn 1, as a whole." })
      ])
    })
  )
})
