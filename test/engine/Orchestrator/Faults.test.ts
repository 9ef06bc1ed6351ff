import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Logger, Stream } from "effect"
import {
  Crashed,
  InvalidRequest,
  Overloaded,
  type ProviderError,
  RateLimited,
  Unauthorized
} from "../../../src/domain/ProviderError.ts"
import { ProviderEvent } from "../../../src/domain/Provider.ts"
import { RoomId } from "../../../src/domain/RoomId.ts"
import { LiveTurns } from "../../../src/engine/LiveTurns.ts"
import { withTrace } from "../../../src/telemetry/Telemetry.ts"
import { SdkPool } from "../../../src/models/SdkPool.ts"
import { inHouse, room, setup } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

const begin = Puppet.say("Once upon a time there was a clock that ")

/** Every way in which a turn can break, and how the ledger calls it. */
const faults: ReadonlyArray<{
  readonly name: string
  readonly act: Puppet.Act
  readonly opening?: Effect.Effect<void, ProviderError>
  readonly error: string
}> = [
  { name: "refuses to open", act: () => Stream.empty, opening: new Unauthorized(), error: "Unauthorized" },
  { name: "dies while it opens", act: () => Stream.empty, opening: Effect.die("bug"), error: "Defect" },
  {
    name: "refuses the question",
    act: () => Stream.fail(new InvalidRequest({ reason: "no" })),
    error: "InvalidRequest"
  },
  { name: "is overloaded", act: () => Stream.fail(new Overloaded({ retryAfterMs: null })), error: "Overloaded" },
  {
    name: "fails in the middle",
    act: () => Stream.concat(begin, Stream.fail(new RateLimited({ retryAfterMs: 1 }))),
    error: "RateLimited"
  },
  {
    name: "crashes in the middle",
    act: () => Stream.concat(begin, Stream.fail(new Crashed({ reason: "gone" }))),
    error: "Crashed"
  },
  { name: "throws in the middle", act: () => Stream.concat(begin, Stream.die("bug")), error: "Defect" },
  { name: "ends without an end", act: () => begin, error: "Defect" },
  { name: "hangs before the first token", act: () => Stream.never, error: "TimedOut" },
  { name: "hangs in the middle", act: () => Stream.concat(begin, Stream.never), error: "TimedOut" }
]

const deadlines = {
  FIRST_TOKEN_TIMEOUT: "1",
  IDLE_TIMEOUT: "1",
  AGENT_QUERY_TIMEOUT: "1",
  PROVIDER_PATIENCE_SECONDS: "0"
}

/** Who works in a place of the pool: opens a client, has one, or closes it. */
const claims = (pool: SdkPool["Type"]) =>
  Effect.map(pool.seats, (seats) => seats.filter(({ state }) => state !== "idle"))

const gone = Stream.fail(new Crashed({ reason: "gone" }))
const thought = Stream.make(ProviderEvent.ThinkingDelta({ text: "Hm." }))

describe("a turn that breaks before anybody has read a word of it", () => {
  const asked = (begun: Stream.Stream<ProviderEvent, ProviderError>, breaks: number) => {
    const puppet = Puppet.make({
      act: ({ number }) =>
        Stream.concat(begun, number <= breaks ? gone : Stream.concat(Puppet.say("It is late now."), Puppet.done()))
    })
    return inHouse(
      puppet,
      Effect.gen(function* () {
        const { said, say, turns, watch } = yield* room({ someone_answers: false })
        yield* say("What time is it?")
        yield* watch.ended
        return { asked: puppet.calls.length, turns: yield* turns, last: (yield* said).at(-1) }
      }),
      {},
      undefined,
      { Ada: "Ada builds clocks." }
    )
  }

  for (const [how, begun, words] of [
    ["it has thought", thought, "It is late now."],
    ["it has said a few words", Puppet.say("Well, "), "Well, It is late now."]
  ] as const) {
    it.scopedLive(`is asked once more when ${how}`, () =>
      Effect.gen(function* () {
        const once = yield* asked(begun, 1)
        deepStrictEqual([once.asked, once.turns, once.last?.[1]], [2, [["Ada", "replied"]], words])
      })
    )

    it.scopedLive(`fails when ${how} twice`, () =>
      Effect.gen(function* () {
        const twice = yield* asked(begun, 2)
        deepStrictEqual([twice.asked, twice.turns], [2, [["Ada", "failed"]]])
      })
    )
  }
})

describe("a turn that breaks", () => {
  for (const { act, error, name, opening } of faults) {
    it.scopedLive(`leaves nothing behind when the provider ${name}, and the next agent has its turn`, () => {
      const puppet = Puppet.make({
        act: (call) =>
          call.spec.agentName === "Bo" ? Stream.concat(Puppet.say("I am fine."), Puppet.done()) : act(call),
        opening: (spec) => (spec.agentName === "Ada" && opening ? opening : Effect.void)
      })
      return inHouse(
        puppet,
        Effect.gen(function* () {
          const { change, id, say, sql, watch } = yield* setup
          const live = yield* LiveTurns
          const pool = yield* SdkPool

          yield* change({ max_interactions: 1 })
          yield* say("How are you, @Ada? And you, @Bo?")
          yield* watch.ended

          const turns = yield* sql`SELECT agent_name, outcome, error FROM turns ORDER BY id`
          deepStrictEqual(
            turns.map(({ agent_name, outcome }) => [agent_name, outcome]),
            [
              ["Ada", "failed"],
              ["Bo", "replied"]
            ]
          )
          assertTrue(String(turns[0]?.["error"]).includes(`"_tag":"${error}"`))
          deepStrictEqual(live.inRoom(RoomId.make(id)), [])
          deepStrictEqual(yield* claims(pool), [])
          assertTrue([...puppet.open].every((seat) => seat.endsWith("/2")))
        }),
        deadlines
      )
    })
  }

  it.scopedLive("is interrupted for good: no further agent of its round begins", () =>
    Effect.gen(function* () {
      const opening = yield* Deferred.make<void>()
      const puppet = Puppet.make({
        act: Puppet.skip,
        opening: ({ agentName }) =>
          agentName === "Ada" ? Effect.zipRight(Deferred.succeed(opening, undefined), Effect.never) : Effect.void
      })
      yield* inHouse(
        puppet,
        Effect.gen(function* () {
          const { pause, say, turns, watch } = yield* setup
          const pool = yield* SdkPool

          yield* say("@Ada first, then @Bo")
          yield* Deferred.await(opening)
          yield* pause
          yield* watch.ended

          deepStrictEqual(yield* turns, [["Ada", "interrupted"]])
          deepStrictEqual(yield* claims(pool), [])
          assertEquals(puppet.calls.length, 0)
        })
      )
    })
  )

  it.scopedLive("is found in the log with its trace when it was a bug", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const puppet = Puppet.make({ act: () => Stream.die(new Error("a bug in the provider")) })
      yield* inHouse(
        puppet,
        Effect.gen(function* () {
          const { say, sql, watch } = yield* setup

          yield* say("Hello")
          const end = yield* watch.ended

          assertEquals(end.stop_reason, "provider_unavailable")
          const [turn] = yield* sql`SELECT trace_id FROM turns`
          const logged = lines.filter((line) => line.includes("a bug in the provider"))
          assertTrue(logged.some((line) => line.includes(String(turn?.["trace_id"]))))
        }),
        {},
        withTrace(
          Logger.make(({ annotations, cause, message }) => void lines.push(`${message} ${cause} ${[...annotations]}`))
        )
      )
    })
  )
})
