import { Context, Effect, Layer, Option } from "effect"
import { AgentRepo } from "../store/AgentRepo.ts"
import type { Member } from "../domain/Agent.ts"
import type { Unwritten } from "../domain/Storage.ts"
import type { Round, RoundNotFound, RoundSummary, Usage } from "../domain/History.ts"
import type { Message } from "../domain/Message.ts"
import type { Page } from "../domain/Param.ts"
import { RoomBusy, type RoomForbidden, RoomNotFound, RoomPaused } from "../domain/Room.ts"
import type { RoomId } from "../domain/RoomId.ts"
import type { RoundId, Trigger } from "../domain/Round.ts"
import type { CurrentUser } from "../domain/User.ts"
import { MessageRepo } from "../store/MessageRepo.ts"
import { Orchestrator } from "../engine/Orchestrator.ts"
import { AskedRepo } from "../store/AskedRepo.ts"
import { Ledger } from "../store/Ledger.ts"
import { Openings } from "../store/Openings.ts"

import { RoomEvents } from "../store/RoomEvents.ts"
import { Rooms } from "./Rooms.ts"
import { RoomRepo } from "../store/RoomRepo.ts"
import { Critiques } from "../store/Critiques.ts"
import { RoundRepo } from "../store/RoundRepo.ts"
import * as GenAi from "../telemetry/GenAi.ts"
import { WriteQueue } from "../store/WriteQueue.ts"

type Denied = RoomNotFound | RoomForbidden

export class Rounds extends Context.Tag("parley/features/Rounds")<
  Rounds,
  {
    /** Newest first. */
    readonly list: (room: RoomId, page: Page) => Effect.Effect<ReadonlyArray<RoundSummary>, Denied, CurrentUser>
    readonly get: (room: RoomId, round: RoundId) => Effect.Effect<Round, Denied | RoundNotFound, CurrentUser>
    readonly usage: (room: RoomId) => Effect.Effect<Usage, Denied, CurrentUser>
    /** What the critics wrote, oldest first. */
    readonly critiques: (room: RoomId, page: Page) => Effect.Effect<ReadonlyArray<Message>, Denied, CurrentUser>
    /**
     * Lets the agents go on without a person's word, also after the loop guard has stopped them; where the last round
     * was set aside, its message gets another round. The round is bounded as any other; it is durable, and about to
     * begin, when this returns.
     */
    readonly goOn: (room: RoomId) => Effect.Effect<Round, Denied | RoomBusy | RoomPaused | Unwritten, CurrentUser>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const rooms = yield* Rooms
  const roomRepo = yield* RoomRepo
  const agents = yield* AgentRepo
  const repo = yield* RoundRepo
  const critiques = yield* Critiques
  const messages = yield* MessageRepo
  const ledger = yield* Ledger
  const asked = yield* AskedRepo
  const openings = yield* Openings
  const events = yield* RoomEvents
  const orchestrator = yield* Orchestrator
  const queue = yield* WriteQueue

  const open = Effect.fnUntraced(function* (id: RoomId, members: ReadonlyArray<Member>, cause: Trigger["cause"]) {
    const before = yield* roomRepo.find(id)
    if (before.is_paused) return yield* RoomPaused.of(id)
    const busy = (yield* ledger.open(id)).some(({ kind }) => kind !== "autonomous")
    if (busy) return yield* RoomBusy.of(id)
    const room = yield* roomRepo.release(id)
    if (before.loop_guard !== null) yield* events.append(id, { type: "room_updated", room })
    return yield* openings.open(room, members, { ...(yield* unanswered(id)), cause })
  })

  /** What the round was asked that was set aside last, as far as it is still there. */
  const unanswered = Effect.fnUntraced(function* (id: RoomId) {
    const given = Option.getOrNull(yield* asked.setAside(id))
    const isThere = given?.kind === "message" && (yield* messages.these([given.message_id])).length > 0
    return isThere ? given : ({ kind: "continue" } as const)
  })

  return Rounds.of({
    list: (id, page) => Effect.zipRight(rooms.access(id), repo.list(id, page)),
    get: (id, round) => Effect.zipRight(rooms.access(id), repo.get(id, round)),
    usage: (id) => Effect.zipRight(rooms.access(id), Effect.flatMap(roomRepo.find(id), repo.usage)),
    critiques: (id, page) => Effect.zipRight(rooms.access(id), critiques.page(id, page)),
    goOn: Effect.fn("Rounds.goOn")(function* (id) {
      yield* rooms.access(id)
      const round = yield* queue.write(open(id, yield* agents.members(id), yield* GenAi.cause))
      if (round.isOpen) yield* orchestrator.play(id, round.id, "now")
      // The room may have been deleted in the meantime, and its rounds with it.
      return yield* Effect.mapError(repo.get(id, round.id), () => RoomNotFound.of(id))
    }, Effect.uninterruptible)
  })
})
