import { type Duration, Effect, Option, Queue } from "effect"
import type { RoomEvent } from "../../src/client/client.ts"
import { RoomId } from "../../src/domain/RoomId.ts"
import { RoomEvents } from "../../src/store/RoomEvents.ts"
import { Topic } from "../../src/store/Topic.ts"
import { eventIn, type EventOf, type EventType, is } from "./events.ts"

const text = new TextDecoder()

/** Reads a room's events as a client does, without a socket between. */
export const room = (id: number, patience: Duration.DurationInput = "10 seconds") =>
  Effect.gen(function* () {
    const events = yield* RoomEvents
    const queue = yield* Queue.unbounded<RoomEvent>()
    const seen: Array<RoomEvent> = []
    yield* events.follow({
      topic: Topic.Room({ id: RoomId.make(id) }),
      after: Option.none(),
      greeting: () => [],
      sink: {
        write: (frame) => {
          const data = /^data: (.*)$/m.exec(text.decode(frame))?.[1]
          if (data !== undefined) queue.unsafeOffer(eventIn(data))
        },
        drained: Effect.void,
        end: () => {}
      }
    })
    const take = Effect.tap(Queue.take(queue), (event) => Effect.sync(() => seen.push(event)))
    /** The next event of the type that fits; those before it are in `seen`. */
    const until = <T extends EventType>(type: T, fits: (event: EventOf<T>) => boolean = () => true) => {
      const isOne = is(type)
      const found = Effect.repeat(take, { until: (event): event is EventOf<T> => isOne(event) && fits(event) })
      return Effect.timeout(found, patience).pipe(Effect.orDie)
    }
    return { seen, until, ended: until("round_ended") }
  })
