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

/** May be left out; when it is there it must be right. */
export const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })
