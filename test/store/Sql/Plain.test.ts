import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Either, FastCheck, Option, Schema } from "effect"
import { Finish } from "../../../src/domain/Finish.ts"
import { RoomRow } from "../../../src/domain/Room.ts"
import { RoundId } from "../../../src/domain/Round.ts"
import { Flag } from "../../../src/domain/Row.ts"
import { Timestamp } from "../../../src/domain/Time.ts"
import { Row } from "../../../src/store/MessageRepo/Row.ts"
import { SessionRecord } from "../../../src/store/Sessions.ts"
import * as Plain from "../../../src/store/Sql/Plain.ts"

const at = "2026-12-01T10:00:00.000Z"

const message = {
  id: 1,
  room_id: 1,
  agent_id: null,
  agent_name: null,
  agent_display_name: null,
  agent_profile_pic: null,
  content: "Hello.",
  role: "user",
  participant_type: "user",
  participant_name: null,
  image_data: null,
  image_media_type: null,
  images: null,
  anthropic_calls: null,
  excuse_reasons: null,
  thinking: null,
  provider: null,
  partial: 0,
  finish: null,
  timestamp: at
}

const session = {
  provider: "openai",
  model: "m",
  session_id: "s",
  prompt_hash: "p",
  last_message_id: 2,
  first_message_id: 1,
  last_note: null,
  tokens: 3
}

const Odd = Schema.Struct({
  round: RoundId,
  at: Schema.NullOr(Timestamp),
  flag: Flag,
  finish: Schema.NullOr(Finish),
  share: Schema.Number,
  list: Schema.NullOr(Schema.parseJson(Schema.Array(Schema.Int)))
})

const odd = { round: 1, at, flag: 1, finish: "stop", share: 0.5, list: "[1,2]" }

/** What a column may hold, whatever it should. */
const odds: ReadonlyArray<unknown> = [
  null,
  undefined,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  NaN,
  1n,
  "",
  at,
  "stop",
  "[]",
  "x",
  []
]
const cell = FastCheck.oneof(FastCheck.constantFrom(...odds), FastCheck.string(), FastCheck.double())

const agree = <A, I>(schema: Schema.Schema<A, I>, row: Readonly<Record<string, unknown>>) => {
  const plain = Plain.rowOf(schema)
  const decode = Schema.decodeUnknownEither(schema)
  const names = [...Object.keys(row), "more"]
  const compare = (changed: Readonly<Record<string, unknown>>) => {
    const found = plain(changed)
    if (Option.isSome(found)) deepStrictEqual(Either.right(found.value), decode(changed))
  }
  for (const name of names) for (const value of odds) compare({ ...row, [name]: value })
  const changes = FastCheck.dictionary(FastCheck.constantFrom(...names), cell, { maxKeys: 3 })
  FastCheck.assert(FastCheck.property(changes, (changed) => compare({ ...row, ...changed })))
  return plain(row)
}

describe("a plain row", () => {
  it("is read as its schema reads it, or left to the schema", () => {
    assertTrue(Option.isSome(agree(Row, message)))
    assertTrue(Option.isSome(agree(SessionRecord, session)))
    assertTrue(Option.isNone(agree(Odd, odd)))
    assertTrue(Option.isSome(agree(Odd, { ...odd, list: null })))
    const { id: _, ...others } = RoomRow.fields
    assertTrue(Option.isNone(Plain.rowOf(Schema.Struct(others))({})))
  })
})
