import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { AgentId } from "../../../src/domain/Agent.ts"
import { setup, world } from "../../support/ManyRooms.ts"

describe("Pages that readers share", () => {
  it.scopedLive(
    "nothing of a room comes once it is hidden, though its events were read before, nor to who comes then",
    () =>
      Effect.gen(function* () {
        const { create, events, follow, queue, rooms } = yield* setup
        const [hidden, stays] = yield* Effect.all([create("ann"), create("ann")])
        // Two of them are more than is written at a time.
        const long = {
          type: "agent_left" as const,
          agent_id: AgentId.make(1),
          agent_name: "x".repeat(50_000),
          agent_display_name: null
        }
        yield* Effect.forEach([hidden.id, hidden.id, stays.id], (id) => queue.write(events.append(id, long)))
        const hide = Effect.orDie(queue.write(Effect.tap(rooms.hide(hidden.id), events.forget)))
        let written = 0
        // The first is the list, the second the first event.
        const drained = Effect.suspend(() => (++written === 2 ? hide : Effect.void))

        const early = yield* follow({ after: 0, drained })
        const late = yield* follow({ after: 0 })

        deepStrictEqual(early.heard(), [
          ["rooms", [hidden.id, stays.id], false],
          ["agent_left", hidden.id],
          ["agent_left", stays.id]
        ])
        deepStrictEqual(late.heard(), [
          ["rooms", [stays.id], false],
          ["agent_left", stays.id]
        ])
      }).pipe(Effect.provide(world))
  )

  it.scopedLive("who comes after a commit gets what it has brought, though others have just read the same", () =>
    Effect.gen(function* () {
      const { append, create, follow, log } = yield* setup
      const one = yield* create("ann")
      yield* append(one.id)
      yield* follow({ after: 0 })
      yield* append(one.id)
      const newest = (yield* log).at(-1)?.id ?? 0

      const [second, known] = yield* Effect.all([follow({ after: 0 }), follow({ after: newest })])
      const two = yield* create("ann")
      const third = yield* follow({ after: 0 })

      deepStrictEqual(second.seen(), [1, 2])
      deepStrictEqual(known.heard(), [
        ["rooms", [one.id], false],
        ["room_created", two.id]
      ])
      deepStrictEqual(third.heard()[0], ["rooms", [one.id, two.id], false])
    }).pipe(Effect.provide(world))
  )
})
