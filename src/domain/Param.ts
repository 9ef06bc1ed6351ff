import { Schema } from "effect"
import { AgentId } from "./Agent.ts"
import { Cursor, PageSize } from "./Message.ts"
import { RoomId } from "./RoomId.ts"
import { RoundId } from "./Round.ts"

// Ids, cursors and sizes as they stand in a path or a query.

/** What people write as a number; `0x1` and `1e3` are numbers to the language alone. */
const Digits = Schema.String.pipe(Schema.filter((text) => /^\d+$/.test(text) || "Expected a number in decimal digits"))

/** A number in a path or a query, told to people as the number that it is. */
export const number = <A, I extends number>(schema: Schema.Schema<A, I>, minimum: number, maximum?: number) =>
  Schema.compose(Digits.pipe(Schema.compose(Schema.NumberFromString)), schema, { strict: false }).annotations({
    jsonSchema: { type: "integer", minimum, ...(maximum === undefined ? {} : { maximum }) }
  })

export const RoomParam = Schema.Struct({ room_id: number(RoomId, 1) })
export const AgentParam = Schema.Struct({ agent_id: number(AgentId, 1) })
export const RoundParam = Schema.Struct({
  ...RoomParam.fields,
  round_id: number(RoundId, 1)
})
export const SeatParam = Schema.Struct({ ...RoomParam.fields, ...AgentParam.fields })

export const CursorParam = number(Cursor, 0)
export const LimitParam = number(PageSize, 1, 1000)

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
