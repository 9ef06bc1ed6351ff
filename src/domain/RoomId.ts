import { Schema } from "effect"

export const RoomId = Schema.Int.pipe(Schema.brand("RoomId"))
export type RoomId = typeof RoomId.Type
