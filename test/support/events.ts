import { Schema } from "effect"
import type { RoomEvent } from "../../src/client/client.ts"

export type EventType = RoomEvent["type"]
export type EventOf<T extends EventType> = RoomEvent & { readonly type: T }

export const is =
  <T extends EventType>(type: T) =>
  (event: RoomEvent): event is EventOf<T> =>
    event.type === type

const decode = Schema.decodeSync(Schema.parseJson(Schema.Any))

/** What a frame of a stream holds. */
export const eventIn = (data: string): RoomEvent => decode(data)
