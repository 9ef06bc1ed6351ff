import { Effect, Option } from "effect"
import type { Member } from "../../domain/Agent.ts"
import type { Message } from "../../domain/Message.ts"
import type { RoomBusy, RoomNotFound } from "../../domain/Room.ts"
import type { RoundId, Trigger } from "../../domain/Round.ts"
import type { Unwritten } from "../../domain/Storage.ts"
import { Attachments } from "../Attachments.ts"
import { MessageRepo, type NewMessage } from "../MessageRepo.ts"
import { Openings } from "../Openings.ts"
import { RoomEvents } from "../RoomEvents.ts"
import { RoomRepo } from "../RoomRepo.ts"
import { Commit, WriteQueue } from "../WriteQueue.ts"

type Asked = Omit<Extract<Trigger, { readonly kind: "message" }>, "kind" | "message_id">

/** What a person says in a room, and the round that answers it. */
export interface PostMessage {
  readonly message: Omit<NewMessage, "timestamp">
  /** Who answers; nobody opens no round. */
  readonly members: ReadonlyArray<Member>
  /** Whom the message names, and the request that brought it. */
  readonly asked: Asked
  /** Whether the loop guard had stopped the room, which a person's words end. */
  readonly wasCircling: boolean
}

export interface Posted {
  readonly message: Message
  /** None where nobody answers, or may; or where the message was there already under its key. */
  readonly round: RoundId | null
}

export const make = Effect.gen(function* () {
  const queue = yield* WriteQueue
  const messages = yield* MessageRepo
  const attachments = yield* Attachments
  const rooms = yield* RoomRepo
  const openings = yield* Openings
  const events = yield* RoomEvents

  const write = Effect.fnUntraced(function* ({ asked, members, message: given, wasCircling }: PostMessage) {
    const { idempotency_key, images = [], room_id } = given
    const known = idempotency_key === null ? Option.none() : yield* messages.byKey(room_id, idempotency_key)
    if (Option.isSome(known)) return { message: known.value, round: null }
    const timestamp = (yield* Commit).now()
    yield* rooms.heard(room_id, timestamp)
    const message = yield* messages.insert({ ...given, timestamp })
    yield* attachments.keep(message.id, images)
    yield* events.append(room_id, { type: "new_message", message })
    if (members.length === 0 && !wasCircling) return { message, round: null }
    const room = yield* rooms.find(room_id)
    if (wasCircling) yield* events.append(room_id, { type: "room_updated", room })
    if (members.length === 0) return { message, round: null }
    const round = yield* openings.open(room, members, { kind: "message", message_id: message.id, ...asked })
    return { message, round: round.isOpen ? round.id : null }
  })

  return (post: PostMessage): Effect.Effect<Posted, RoomNotFound | RoomBusy | Unwritten> => queue.write(write(post))
})
