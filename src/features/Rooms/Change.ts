import { Effect } from "effect"
import { leastBudget } from "../../domain/Allowance.ts"
import type { RoomId } from "../../domain/RoomId.ts"
import { SettingRefused } from "../../domain/RoomSettings.ts"
import { Orchestrator } from "../../engine/Orchestrator.ts"
import { AgentRepo } from "../../store/AgentRepo.ts"
import { Openings } from "../../store/Openings.ts"
import { RoomEvents } from "../../store/RoomEvents.ts"
import { type Changes, RoomRepo } from "../../store/RoomRepo.ts"
import { WriteQueue } from "../../store/WriteQueue.ts"
import * as GenAi from "../../telemetry/GenAi.ts"

/** How a room becomes another, and what follows from it. */
export const make = Effect.gen(function* () {
  const queue = yield* WriteQueue
  const rooms = yield* RoomRepo
  const agents = yield* AgentRepo
  const openings = yield* Openings
  const events = yield* RoomEvents
  const orchestrator = yield* Orchestrator

  const stored = Effect.fnUntraced(function* (id: RoomId, changes: Changes) {
    const members = yield* agents.members(id)
    const cause = yield* GenAi.cause
    const write = Effect.gen(function* () {
      const before = yield* rooms.find(id)
      const room = yield* rooms.update(id, changes)
      yield* events.append(id, { type: "room_updated", room })
      return before.is_paused && !room.is_paused ? yield* openings.resume(room, members, cause) : null
    })
    // From the commit on what was held up will be answered, whatever becomes of the connection.
    const round = yield* queue.write(write)
    if (round?.isOpen) yield* orchestrator.play(id, round.id, "now")
  }, Effect.uninterruptible)

  return {
    /** A pause has taken effect when this returns, and what was said in one that ends is about to be answered. */
    change: Effect.fnUntraced(function* (id: RoomId, changes: Changes) {
      if (Object.values(changes).some((value) => value !== undefined)) yield* stored(id, changes)
      if (changes.is_paused === true) yield* orchestrator.stop(id, "paused")
    }),

    /** Refuses a budget of tokens with which nobody in the room could ever speak. */
    sufficient: Effect.fnUntraced(function* (id: RoomId, budget: number | null | undefined) {
      if (budget === null || budget === undefined) return
      const speakers = (yield* agents.inRoom(id)).filter(({ is_critic }) => !is_critic)
      const least = leastBudget(speakers.map(({ system_prompt }) => system_prompt.length))
      if (budget < least) return yield* SettingRefused.tooSmall(least)
    })
  }
})
