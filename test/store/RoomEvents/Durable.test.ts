import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import Database from "better-sqlite3"
import { Effect, Option, Stream } from "effect"
import { PageSize } from "../../../src/domain/Message.ts"
import { RoomId } from "../../../src/domain/RoomId.ts"
import { admin } from "../../../src/domain/User.ts"
import { Messages } from "../../../src/features/Messages.ts"
import { RoomEvents } from "../../../src/store/RoomEvents.ts"
import { Topic } from "../../../src/store/Topic.ts"
import { WriteQueue } from "../../../src/store/WriteQueue.ts"
import { inHouse, room } from "../../support/Duo.ts"
import * as Puppet from "../../support/Puppet.ts"

const window = { limit: PageSize.make(1000), after: Option.none(), before: Option.none() }

/** What others see of a room: another connection to its database, and who reads a page that is remembered. */
const setup = Effect.gen(function* () {
  const den = yield* room({ max_follow_ups: 0 })
  const id = RoomId.make(den.id)
  const messages = yield* Messages
  const [main] = yield* den.sql<{ readonly file: string }>`PRAGMA database_list`
  const other = yield* Effect.acquireRelease(
    Effect.sync(() => new Database(main?.file ?? "", { readonly: true })),
    (db) => Effect.sync(() => db.close())
  )
  const count = other.prepare<[number], { readonly n: number }>("SELECT count(*) AS n FROM messages WHERE room_id = ?")
  return {
    ...den,
    topic: Topic.Room({ id }),
    stored: () => count.get(id)?.n ?? 0,
    isRemembered: () => messages.pageIfPresent(admin, id, window) !== undefined
  }
})

describe("an event of the log", () => {
  it.scopedLive(
    "comes when what it tells is there for every connection, and no page from before it is remembered",
    () =>
      inHouse(
        Puppet.make({ act: () => Stream.concat(Puppet.say("Tick."), Puppet.done()) }),
        Effect.gen(function* () {
          const { isRemembered, messages, say, stored, topic, watch } = yield* setup
          const events = yield* RoomEvents
          const text = new TextDecoder()
          const seen: Array<readonly [stored: number, isRemembered: boolean]> = []
          yield* events.follow({
            topic,
            after: Option.none(),
            greeting: () => [],
            sink: {
              write: (frame) => {
                if (text.decode(frame).includes("event: new_message")) seen.push([stored(), isRemembered()])
              },
              drained: Effect.void,
              end: () => {}
            }
          })
          yield* messages
          assertTrue(isRemembered())

          yield* say("Hello")
          yield* watch.ended

          deepStrictEqual(seen, [
            [1, false],
            [2, false],
            [3, false]
          ])
          assertEquals((yield* messages).length, 3)
        })
      )
  )

  it.scopedLive("takes no page away before it is there itself: a reader of then would fill in an old one", () =>
    inHouse(
      Puppet.make({ act: Puppet.skip }),
      Effect.gen(function* () {
        const { id, isRemembered, messages } = yield* setup
        const events = yield* RoomEvents
        const queue = yield* WriteQueue
        yield* messages

        const inside = yield* queue.write(
          Effect.map(events.append(RoomId.make(id), { type: "messages_cleared" }), isRemembered)
        )

        deepStrictEqual([inside, isRemembered()], [true, false])
      })
    )
  )
})
