import { Data, Effect, Schema } from "effect"
import type { RoomRow } from "../domain/Room.ts"
import type { RoomId } from "../domain/RoomId.ts"
import type { User } from "../domain/User.ts"

/** A room, and whose it is. */
export type Place = Pick<RoomRow, "id" | "owner_id">

/** Whose a room is; where that cannot be read nobody's, and the room is in the lists of admins alone. */
export const OwnerId = Schema.String.annotations({ decodingFallback: () => Effect.succeed("") })

/** What a reader follows: one room, all of an owner's, or every room there is. */
export type Topic = Data.TaggedEnum<{
  Room: { readonly id: RoomId }
  Owner: { readonly owner_id: string }
  All: {}
}>
export const Topic = Data.taggedEnum<Topic>()

/** The rooms that are in a user's list. */
export const listOf = ({ role, user_id }: User) => (role === "admin" ? Topic.All() : Topic.Owner({ owner_id: user_id }))

const roomKey = (id: RoomId) => `room ${id}`
const ownerKey = (owner_id: string) => `owner ${owner_id}`
const allKey = "all"

export const keyOf = Topic.$match({
  Room: ({ id }) => roomKey(id),
  Owner: ({ owner_id }) => ownerKey(owner_id),
  All: () => allKey
})

/** The keys of every topic that a room belongs to. */
export const keysOf = ({ id, owner_id }: Place) => [roomKey(id), ownerKey(owner_id), allKey]
