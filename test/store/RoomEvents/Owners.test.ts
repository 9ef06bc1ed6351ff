import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { Timestamp } from "../../../src/domain/Time.ts"
import { Topic } from "../../../src/store/Topic.ts"
import { setup, world } from "../../support/ManyRooms.ts"

describe("The owner of a room", () => {
  it.scopedLive("is who has it now, where its id was another's in a write that was undone", () =>
    Effect.gen(function* () {
      const { append, create, events, follow, queue, rooms } = yield* setup
      const undone = Effect.gen(function* () {
        const { id } = yield* rooms.insert({
          owner_id: "ann",
          name: "given up",
          default_provider: "x",
          default_model: null,
          created_at: Timestamp.make("2026-01-01T00:00:00.000Z")
        })
        yield* events.append(id, { type: "messages_cleared" })
        return yield* Effect.fail(id)
      })
      const given = yield* Effect.flip(queue.write(undone))
      const anns = yield* follow()
      const bobs = yield* follow({ topic: Topic.Owner({ owner_id: "bob" }) })

      const { id } = yield* create("bob")
      yield* append(id)

      deepStrictEqual(given, id)
      deepStrictEqual(anns.heard(), [["rooms", [], false]])
      deepStrictEqual(bobs.heard().slice(1), [
        ["room_created", id],
        ["messages_cleared", id]
      ])
    }).pipe(Effect.provide(world))
  )
})
