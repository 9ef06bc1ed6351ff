import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Array, Clock, Effect, Fiber } from "effect"
import { client, login } from "../support/Caller.ts"
import { home, layer, serve, withPassword } from "../support/Process.ts"
import { locker } from "../support/Locker.ts"

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const began = yield* Clock.currentTimeMillis
    const value = yield* effect
    return { value, took: (yield* Clock.currentTimeMillis) - began }
  })

describe("a database that another process has locked", () => {
  it.scopedLive("holds up neither health, readers nor streams; writers are refused, and all goes on afterwards", () =>
    Effect.gen(function* () {
      const folder = yield* home
      const server = yield* serve(folder, { ...withPassword, SCRIPTED_PACE_MS: "40" })
      const me = yield* login(server.base)
      const anybody = yield* client(server.base)
      const stream = yield* me.follow(1)
      const say = (content: string) => me.call("POST", "/rooms/1/messages/send", { content })
      yield* say("Good evening")
      yield* stream.sees(/event: content_delta/)

      const lock = yield* locker(`${folder}/data/parley.db`)
      const sends = yield* Effect.fork(
        Effect.all(
          Array.makeBy(5, (n) => timed(say(`lost ${n}`))),
          { concurrency: "unbounded" }
        )
      )
      const probes = yield* Effect.replicateEffect(
        Effect.zipLeft(timed(anybody.call("GET", "/health")), Effect.sleep("100 millis")),
        30
      )
      const read = yield* timed(me.call("GET", "/rooms/1/messages"))
      const ready = yield* anybody.call("GET", "/ready")
      const refused = yield* Fiber.join(sends)
      yield* lock.release

      deepStrictEqual(
        refused.map(({ value: { data, headers, status } }) => [status, data._tag, data.reason, headers["retry-after"]]),
        Array.makeBy(5, () => [503, "StorageUnavailable", "locked", "2"])
      )
      assertTrue(
        refused.every(({ took }) => took < 2000),
        `refused after ${refused.map(({ took }) => took)} ms`
      )
      assertTrue(
        probes.every(({ took }) => took < 100),
        `health took ${probes.map(({ took }) => took)} ms`
      )
      deepStrictEqual([read.value.status, read.took < 500], [200, true])
      deepStrictEqual([ready.status, ready.data.failing], [503, ["lock"]])
      // The agent who spoke meanwhile is stored, once, and the round goes on to its end.
      yield* stream.sees(/event: stream_end\ndata: .*"outcome":"replied"/)
      yield* stream.sees(/event: round_ended/)
      const { data: messages } = yield* me.call("GET", "/rooms/1/messages")
      deepStrictEqual(
        messages.filter(({ content }: { content: string }) => content.startsWith("lost")),
        []
      )
      deepStrictEqual((yield* say("And now?")).status, 200)
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive("neither keeps who changes agents waiting, nor lets a folder be changed by halves", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* home
      const agents = `${folder}/agents`
      yield* fs.makeDirectory(`${agents}/Ada`, { recursive: true })
      yield* fs.writeFileString(`${agents}/Ada/in_a_nutshell.md`, "Ada builds clocks.")
      const server = yield* serve(folder, { ...withPassword, AGENTS_DIR: agents })
      const me = yield* login(server.base)
      const { data: known } = yield* me.call("GET", "/agents")
      const ada = `/agents/${known[0].id}`
      const requests: ReadonlyArray<Readonly<Parameters<typeof me.call>>> = [
        ...Array.makeBy(3, (n) => ["PATCH", ada, { in_a_nutshell: `Ada sells clocks ${n}.` }] as const),
        ["POST", "/agents", { name: "Bo", in_a_nutshell: "Bo keeps bees." }],
        ["POST", `${ada}/reload`],
        ["POST", "/admin/reload"],
        ["DELETE", ada]
      ]

      const lock = yield* locker(`${folder}/data/parley.db`)
      const refused = yield* Effect.all(
        requests.map((request) => timed(me.call(...request))),
        { concurrency: "unbounded" }
      )
      const untouched = [yield* fs.readDirectory(agents), yield* fs.readFileString(`${agents}/Ada/in_a_nutshell.md`)]
      yield* lock.release
      const repeated = yield* Effect.forEach(requests, (request) => me.call(...request))

      deepStrictEqual(
        refused.map(({ value: { data, headers, status } }) => [status, data._tag, headers["retry-after"]]),
        requests.map(() => [503, "StorageUnavailable", "2"])
      )
      assertTrue(
        refused.every(({ took }) => took < 2000),
        `refused after ${refused.map(({ took }) => took)} ms`
      )
      deepStrictEqual(untouched, [["Ada"], "Ada builds clocks."])
      deepStrictEqual(
        repeated.map(({ status }) => status),
        requests.map(() => 200)
      )
    }).pipe(Effect.provide(layer))
  )
})
