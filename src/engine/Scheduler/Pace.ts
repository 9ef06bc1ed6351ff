import type { RoomRow } from "../../domain/Room.ts"

/**
 * When the agents of a room may take up the conversation, in epoch milliseconds: after a quiet that doubles with every
 * round that no person asked for, up to the room's ceiling.
 */
export const dueAt = (room: RoomRow): number => {
  const { autonomous_ceiling, autonomous_every, quiet_rounds } = room
  const quiet = Math.min(autonomous_every * 2 ** quiet_rounds, Math.max(autonomous_ceiling, autonomous_every))
  const times = [room.created_at, room.last_activity_at, room.last_round_at].map((at) =>
    at === null ? 0 : Date.parse(at)
  )
  return Math.max(...times) + quiet * 1000
}
