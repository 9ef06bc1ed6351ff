import { Effect, Either, Option } from "effect"
import { refusal, type Refusal, type Wish } from "../../domain/Allowance.ts"
import type { TurnId } from "../../domain/Round.ts"
import { Ledger, type NewTurn } from "../Ledger.ts"
import { RoomRepo } from "../RoomRepo.ts"
import { Commit, WriteQueue } from "../WriteQueue.ts"

/** A turn that wants to begin, with what is set aside for it. */
export interface OpenTurn extends Omit<NewTurn, "started_at" | "reserved_tokens" | "reserved_usd"> {
  readonly wish: Wish
}

export const make = Effect.gen(function* () {
  const queue = yield* WriteQueue
  const rooms = yield* RoomRepo
  const ledger = yield* Ledger

  const write = Effect.fnUntraced(function* ({ wish, ...turn }: OpenTurn) {
    const room = yield* Effect.option(rooms.find(turn.room_id))
    if (Option.isNone(room)) return Either.left<Refusal>({ reason: "interrupted", forNow: false })
    const state = yield* ledger.state(turn.room_id, turn.round_id)
    const refused = refusal({ room: room.value, ...state }, wish)
    if (Option.isSome(refused)) return Either.left(refused.value)
    const { tokens, usd } = wish.needs
    const row = { ...turn, started_at: (yield* Commit).now(), reserved_tokens: tokens, reserved_usd: usd }
    return Either.right<TurnId>(yield* ledger.openTurn(row))
  })

  return (turn: OpenTurn): Effect.Effect<Either.Either<TurnId, Refusal>> => queue.persist(write(turn))
})
