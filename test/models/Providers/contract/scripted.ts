import { Deferred, Effect, Exit, Queue, Stream } from "effect"
import { type Session, textOf, type TurnInput } from "../../../../src/domain/Provider.ts"
import * as Scripted from "../../../../src/models/Providers/Scripted.ts"
import { call, say, type Script } from "../../../../src/models/Providers/Scripted/Script.ts"
import { type Asked, House } from "./House.ts"
import { turnOf, pulled } from "../../../support/turns.ts"

const memorize = call("memorize", { memory_entry: "x" })

/** The provider plays its vendor too: what that is asked is what the script is given. */
export const scripted = Effect.gen(function* () {
  const arrived = yield* Queue.unbounded<Asked>()
  const asked: Array<Asked> = []
  const turns: Array<Script> = []
  const told = new Map<string, ReadonlyArray<string>>()
  const ends = new WeakMap<TurnInput, Deferred.Deferred<boolean>>()

  const script = Effect.fnUntraced(function* ({ input, spec, turn }: Scripted.Call) {
    const known = [...(told.get(spec.seat.key) ?? []).slice(0, turn - 1), textOf(input)]
    told.set(spec.seat.key, known)
    const over = Effect.flatMap(Effect.fromNullable(ends.get(input)), Deferred.await)
    const request: Asked = {
      system: spec.systemPrompt,
      told: known.join("\n"),
      images: [],
      results: [],
      answered: [],
      over: Effect.orDie(over)
    }
    asked.push(request)
    yield* Queue.offer(arrived, request)
    return turns.shift() ?? [say("All right.")]
  })

  const own = Scripted.make({ paceMs: 0, script })
  const watched = (session: Session): Session => ({
    pid: session.pid,
    turn: (input) =>
      Effect.flatMap(Deferred.make<boolean>(), (end) => {
        ends.set(input, end)
        return pulled(
          Stream.ensuringWith(turnOf(session, input), (exit) => Deferred.succeed(end, Exit.isSuccess(exit)))
        )
      })
  })

  return House.of({
    provider: { ...own, open: (spec) => Effect.map(own.open(spec), watched) },
    vendor: {
      performs: (...more) => Effect.sync(() => void turns.push(...more)),
      forget: Effect.sync(() => void turns.splice(0)),
      asked: () => asked,
      next: Queue.take(arrived)
    },
    hears: false,
    costs: (_requests, words) => ({ inputTokens: 0, outputTokens: words, cacheReadTokens: 0, cacheWriteTokens: 0 }),
    begun: (words) => ({ inputTokens: 0, outputTokens: words, cacheReadTokens: 0, cacheWriteTokens: 0 }),
    finishReason: null,
    triesWhenInvalid: 1,
    hearsWaits: true,
    twins: Effect.sync(() => void turns.push([memorize, memorize])),
    faults: [],
    silences: [],
    processes: Effect.succeed(0)
  })
})
