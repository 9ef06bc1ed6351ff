import { SqlClient } from "@effect/sql"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer } from "effect"
import { AgentId } from "../../../src/domain/Agent.ts"
import type { DurableEvent } from "../../../src/domain/Event.ts"
import { RoomId } from "../../../src/domain/RoomId.ts"
import { Cache } from "../../../src/store/Cache.ts"
import { logGroup, RoomEvents, roomGroup } from "../../../src/store/RoomEvents.ts"
import { RoomRepo } from "../../../src/store/RoomRepo.ts"
import { WriteQueue } from "../../../src/store/WriteQueue.ts"
import * as TestDb from "../../support/TestDb.ts"

const world = Layer.merge(RoomEvents.layer, RoomRepo.layer).pipe(
  Layer.provideMerge(Cache.layer({ capacity: 100 })),
  Layer.provideMerge(TestDb.layer())
)

const id = RoomId.make(1)
const agent = { agent_id: AgentId.make(1), agent_name: "Ada", agent_display_name: null }

describe("what is cached of a room", () => {
  it.scoped("goes with every event; what the room is and who sits in it only with those that change that", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const queue = yield* WriteQueue
      const events = yield* RoomEvents
      const rooms = yield* RoomRepo
      const cached = (yield* Cache).region<string>()
      yield* sql`INSERT INTO rooms (owner_id, name, default_provider, created_at)
        VALUES ('admin', 'one', 'x', '2026-01-02T03:04:05.678Z')`
      const room = yield* rooms.find(id)
      const keys = [logGroup(id), roomGroup(id)].map((group) => ({ group, name: "value" }))

      const left = Effect.fn(function* (event: DurableEvent) {
        yield* Effect.forEach(keys, (key) => cached.get(key, Effect.succeed("kept")))
        yield* queue.write(events.append(id, event))
        return [event.type, ...keys.map((key) => cached.getIfPresent(key))]
      })

      deepStrictEqual(
        [
          yield* left({ type: "room_updated", room }),
          yield* left({ type: "agent_joined", ...agent }),
          yield* left({ type: "agent_left", ...agent }),
          yield* left({ type: "messages_cleared" })
        ],
        [
          ["room_updated", undefined, undefined],
          ["agent_joined", undefined, undefined],
          ["agent_left", undefined, undefined],
          ["messages_cleared", undefined, "kept"]
        ]
      )
    }).pipe(Effect.provide(world))
  )
})
