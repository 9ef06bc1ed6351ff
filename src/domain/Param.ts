import { Schema } from "effect"
import { AgentId } from "./Agent.ts"
import { Cursor, PageSize } from "./Message.ts"
import { RoomId } from "./RoomId.ts"
import { RoundId } from "./Round.ts"

// Ids, cursors and sizes as they stand in a path or a query.

export const RoomParam = Schema.Struct({ room_id: Schema.compose(Schema.NumberFromString, RoomId) })
export const AgentParam = Schema.Struct({ agent_id: Schema.compose(Schema.NumberFromString, AgentId) })
export const RoundParam = Schema.Struct({
  ...RoomParam.fields,
  round_id: Schema.compose(Schema.NumberFromString, RoundId)
})
export const SeatParam = Schema.Struct({ ...RoomParam.fields, ...AgentParam.fields })

export const CursorParam = Schema.compose(Schema.NumberFromString, Cursor)
export const LimitParam = Schema.compose(Schema.NumberFromString, PageSize)

/** Which part of a list is wanted; a cursor is the id of one of its members. */
export interface Page {
  readonly after?: number | undefined
  readonly before?: number | undefined
  readonly limit: number
}

/** May be left out; when it is there it must be right. */
export const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/** In the list's own order; a cursor that is gone has nothing on either side. */
export const PageParams = Schema.Struct({
  after: optional(CursorParam),
  before: optional(CursorParam),
  limit: optional(LimitParam)
})
