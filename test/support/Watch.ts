import { Effect, Option, Queue, Schema } from "effect"
import { RoomId } from "../../src/domain/RoomId.ts"
import { RoomEvents } from "../../src/store/RoomEvents.ts"
import { Topic } from "../../src/store/Topic.ts"

const Event = Schema.parseJson(
  Schema.Struct({ type: Schema.String }, Schema.Record({ key: Schema.String, value: Schema.Any }))
)
export type Event = typeof Event.Type

const decode = Schema.decodeSync(Event)
const text = new TextDecoder()

/** Reads a room's events as a client does, without a socket between. */
export const room = (id: number) =>
  Effect.gen(function* () {
    const events = yield* RoomEvents
    const queue = yield* Queue.unbounded<Event>()
    const seen: Array<Event> = []
    yield* events.follow({
      topic: Topic.Room({ id: RoomId.make(id) }),
      after: Option.none(),
      greeting: () => [],
      sink: {
        write: (frame) => {
          const data = /^data: (.*)$/m.exec(text.decode(frame))?.[1]
          if (data !== undefined) queue.unsafeOffer(decode(data))
        },
        drained: Effect.void,
        end: () => {}
      }
    })
    const take = Effect.tap(Queue.take(queue), (event) => Effect.sync(() => seen.push(event)))
    /** The next event that fits; those before it are in `seen`. */
    const until = (fits: (event: Event) => boolean) =>
      Effect.timeout(Effect.repeat(take, { until: fits }), "10 seconds").pipe(Effect.orDie)
    return { seen, until, ended: until(({ type }) => type === "round_ended") }
  })
