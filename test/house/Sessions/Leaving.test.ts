import { it } from "@effect/vitest"
import { assertFalse, assertTrue } from "@effect/vitest/utils"
import { Deferred, Effect, FiberId, Stream } from "effect"
import { LiveTurns } from "../../../src/engine/LiveTurns.ts"
import { AgentId } from "../../../src/domain/Agent.ts"
import { RoomId } from "../../../src/domain/RoomId.ts"
import { CurrentUser } from "../../../src/domain/User.ts"
import { Seats } from "../../../src/features/Seats.ts"
import { afterCommit, WriteQueue } from "../../../src/store/WriteQueue.ts"
import { inHouse, setup } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

const admin = { user_id: "admin", role: "admin" } as const
const settled = Effect.repeatN(Effect.yieldNow(), 200)

it.scopedLive("who leaves while its turn is being settled has no session left when it comes back", () => {
  const finish = Deferred.unsafeMake<void>(FiberId.none)
  const words = Stream.concat(Puppet.say("Amber, and what belongs to it."), Stream.fromEffect(Deferred.await(finish)))
  const puppet = Puppet.make({
    act: (call) =>
      call.number === 1
        ? Stream.concat(
            Stream.filter(words, (event) => event !== undefined),
            Puppet.done("first")
          )
        : Puppet.skip(call)
  })
  return inHouse(
    puppet,
    Effect.gen(function* () {
      const { ask, id, idOf, leave, say, watch } = yield* setup
      const live = yield* LiveTurns
      const queue = yield* WriteQueue
      const seats = yield* Seats
      yield* leave(idOf("Bo"))
      yield* say("Alder.")
      yield* watch.until("stream_start")

      // The queue stands still until both writes wait in it, the leaving before the end of the turn.
      const gate = yield* Deferred.make<void>()
      yield* Effect.fork(queue.write(afterCommit(Deferred.await(gate))))
      yield* settled
      const leaving = yield* Effect.fork(
        Effect.provideService(seats.leave(RoomId.make(id), AgentId.make(idOf("Ada"))), CurrentUser, admin)
      )
      yield* settled
      yield* Deferred.succeed(finish, undefined)
      yield* Effect.repeat(Effect.yieldNow(), { until: () => live.inRoom(RoomId.make(id)).length === 0 })
      yield* Deferred.succeed(gate, undefined)
      yield* leaving.await
      yield* say("Elder.")
      yield* ask(({ rooms }) => rooms.join({ path: { room_id: id, agent_id: idOf("Ada") } }))
      yield* say("Fir.")
      yield* watch.until("round_ended", ({ stop_reason }) => stop_reason === "everyone_skipped")

      const text = puppet.calls[1]?.text ?? ""
      assertTrue(text.includes("Fir"))
      assertFalse(text.includes("Elder"))
    })
  )
})
