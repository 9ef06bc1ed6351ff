import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Stream } from "effect"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

/** Its sessions are in this very process, whose memory can be told. */
const puppetWithin = (act: Puppet.Act) => {
  const puppet = Puppet.make({ act })
  const open: typeof puppet.provider.open = (spec) =>
    Effect.map(puppet.provider.open(spec), (session) => ({ ...session, pid: process.pid }))
  return { ...puppet, provider: { ...puppet.provider, open } }
}

describe("the admin's view of the pool", () => {
  it.scopedLive("shows who holds a session, in what state and with how much memory, and frees the seats named", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const wait = Stream.drain(Stream.fromEffect(Deferred.await(gate)))
      const puppet = puppetWithin((call) =>
        Stream.concat(call.spec.agentName === "Bo" ? wait : Stream.empty, Puppet.done(`s${call.number}`))
      )
      const test = Effect.gen(function* () {
        const { ask, id, idOf, say, watch } = yield* room({ turn_policy: "concurrent", someone_answers: false })
        const [ada, bo] = [idOf("Ada"), idOf("Bo")]
        const pool = ask(({ admin }) => admin.pool())
        const evict = (payload: { readonly agent_id?: number; readonly room_id?: number }) =>
          ask(({ admin }) => admin.evict({ payload }))
        const statesOf = ({ seats }: Effect.Effect.Success<typeof pool>) =>
          new Map<number, string>(seats.map(({ agent_id, state }) => [agent_id, state]))
        yield* say("Hello?")
        yield* watch.until("stream_end")

        const during = yield* pool
        deepStrictEqual(
          statesOf(during),
          new Map([
            [ada, "idle"],
            [bo, "leased"]
          ])
        )
        const [seat] = during.seats
        deepStrictEqual(
          [seat?.room_id, seat?.provider, seat?.model, seat?.pid],
          [id, "puppet", "puppet-1", process.pid]
        )
        assertTrue((seat?.memory_bytes ?? 0) > 10_000_000)
        assertTrue(seat?.opened_at?.endsWith("Z"))
        deepStrictEqual([during.process.leased, during.process.idle, during.connection.alive], [1, 1, 0])

        const freed = yield* evict({ agent_id: ada })
        deepStrictEqual(statesOf(freed), new Map([[bo, "leased"]]))
        yield* evict({ room_id: id })
        yield* Deferred.succeed(gate, undefined)
        yield* watch.ended
        assertEquals((yield* pool).process.alive, 0)

        const misfit: object = { room_id: "x" }
        assertEquals((yield* Effect.flip(evict(misfit))).status, 422)
      })
      yield* inHouse(puppet, test)
    })
  )
})
