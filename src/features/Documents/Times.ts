import type { RoomDocument } from "../../domain/RoomDocument.ts"
import type { Timestamp } from "../../domain/Time.ts"

/**
 * The document without times that have not come yet: its room would stand before all others, and its agents would wait
 * for them. Gives how many there were.
 */
export const arrived = ({ agents, messages, room, ...rest }: RoomDocument, now: Timestamp) => {
  let future_times = 0
  const past = (time: Timestamp) => {
    if (time <= now) return time
    future_times += 1
    return now
  }
  const document: RoomDocument = {
    ...rest,
    room: {
      ...room,
      created_at: past(room.created_at),
      last_activity_at: room.last_activity_at === null ? null : past(room.last_activity_at)
    },
    agents: agents.map((seat) => ({ ...seat, joined_at: past(seat.joined_at) })),
    messages: messages.map((message) => ({ ...message, timestamp: past(message.timestamp) }))
  }
  return { document, future_times }
}
