import { SqlClient } from "@effect/sql"
import { Effect, Layer, Option } from "effect"
import { Cache } from "../../src/store/Cache.ts"
import type { RoomId } from "../../src/domain/RoomId.ts"
import { Timestamp } from "../../src/domain/Time.ts"
import { RoomEvents } from "../../src/store/RoomEvents.ts"
import { Topic } from "../../src/store/Topic.ts"
import { RoomRepo } from "../../src/store/RoomRepo.ts"
import { WriteQueue } from "../../src/store/WriteQueue.ts"
import * as TestDb from "./TestDb.ts"

export const world = RoomEvents.layer.pipe(
  Layer.provideMerge(Cache.layer({ capacity: 100 })),
  Layer.provideMerge(RoomRepo.layer),
  Layer.provideMerge(TestDb.layer())
)

const text = new TextDecoder()
export const ann = Topic.Owner({ owner_id: "ann" })

export interface Options {
  readonly topic?: Topic
  readonly after?: number
  readonly drained?: Effect.Effect<void>
}

/** Rooms of several owners, and readers of many at once. */
export const setup = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const queue = yield* WriteQueue
  const events = yield* RoomEvents
  const rooms = yield* RoomRepo
  let names = 0
  const create = (owner_id: string) =>
    queue.write(
      Effect.tap(
        rooms.insert({
          owner_id,
          name: `room ${++names}`,
          default_provider: "x",
          default_model: null,
          created_at: Timestamp.make("2026-01-01T00:00:00.000Z")
        }),
        events.open
      )
    )
  const append = (id: RoomId) => queue.write(events.append(id, { type: "messages_cleared" }))
  const remove = (id: RoomId) => Effect.flatMap(queue.write(rooms.hide(id)), events.close)
  const log = sql<{ readonly id: number; readonly room_id: number }>`SELECT id, room_id FROM events ORDER BY id`
  const follow = ({ after, drained = Effect.void, topic = ann }: Options = {}) => {
    const frames: Array<Uint8Array> = []
    let ended = false
    const sink = {
      write: (frame: Uint8Array) => void frames.push(frame),
      drained,
      end: () => {
        ended = true
      }
    }
    const told = () => frames.flatMap((piece) => text.decode(piece).split(/(?<=\n\n)/))
    /** Types, and what room or rooms they are about. */
    const heard = () =>
      told().flatMap((frame) => {
        const body = /^data: (.*)$/m.exec(frame)?.[1]
        if (body === undefined) return []
        const { ids, more, room_id, type } = JSON.parse(body)
        return [type === "rooms" ? [type, ids, more] : [type, room_id]]
      })
    const seen = () => told().flatMap((frame) => /^id: (\d+)$/m.exec(frame)?.slice(1).map(Number) ?? [])
    const begun = events.follow({ topic, after: Option.fromNullable(after), sink, greeting: () => [] })
    return Effect.as(begun, { frames, heard, seen, ended: () => ended })
  }
  return { sql, queue, rooms, events, create, append, remove, log, follow }
})
