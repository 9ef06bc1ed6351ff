import { Array, Context, Effect, Layer, Option, Schema } from "effect"
import { AgentId } from "../domain/Agent.ts"
import { Outcome, PassInput, RoundId, StopReason, Tape, Trigger, TurnId, TurnPolicy } from "../domain/Round.ts"
import { RoomId } from "../domain/RoomId.ts"
import { Flag } from "../domain/Row.ts"
import type { RoundState } from "../domain/Allowance.ts"
import type { Timestamp } from "../domain/Time.ts"
import * as Json from "../lib/json.ts"
import * as Hot from "./Ledger/Hot.ts"
import type { NewTurn, RoundEnd, TurnEnd } from "./Ledger/Rows.ts"
import * as Sql from "./Sql.ts"
import { Statements } from "./Statements.ts"
import { type Commit, within } from "./WriteQueue.ts"

export type { NewTurn, RoundEnd, TurnEnd } from "./Ledger/Rows.ts"

/** A round that has not ended, as far as it is planned. */
export const OpenRound = Schema.Struct({
  id: RoundId,
  room_id: RoomId,
  trigger: Schema.parseJson(Trigger),
  policy: TurnPolicy,
  seed: Schema.Int,
  planned_from: Schema.parseJson(Schema.Array(PassInput)),
  tape: Schema.parseJson(Tape)
})
export type OpenRound = typeof OpenRound.Type

/** What is known of such a round without a look at its plan. */
const RoundHead = Schema.Struct({ id: RoundId, room_id: RoomId, kind: Schema.String })
export type RoundHead = typeof RoundHead.Type

/** A turn of such a round that has ended, with what is left of what was said. */
const PastTurn = Schema.Struct({
  cell: Schema.Int,
  agent_id: AgentId,
  attempt: Schema.Int,
  /** How many of the attempts up to this one reached the provider, as far as is known. */
  tries: Schema.Int,
  outcome: Outcome,
  said: Schema.NullOr(Schema.String)
})
export type PastTurn = typeof PastTurn.Type

/** The account of rounds and turns: what was planned, who spoke, what it cost and why it ended. */
export class Ledger extends Context.Tag("parley/store/Ledger")<
  Ledger,
  {
    readonly openRound: (round: Omit<OpenRound, "id">, at: Timestamp) => Effect.Effect<RoundId, never, Commit>
    readonly plan: (round: Pick<OpenRound, "id" | "planned_from" | "tape">) => Effect.Effect<void, never, Commit>
    /** False when it had ended before. */
    readonly closeRound: (round: RoundId, end: RoundEnd) => Effect.Effect<boolean, never, Commit>
    /** Ends all rounds of a room that goes; nobody hears of it. */
    readonly closeRounds: (room: RoomId, at: Timestamp) => Effect.Effect<void, never, Commit>
    /** The open rounds of a room, oldest first. */
    readonly open: (room: RoomId) => Effect.Effect<ReadonlyArray<RoundHead>>
    /** An open round, as far as it is planned; a defect where that cannot be read. */
    readonly find: (round: RoundId) => Effect.Effect<Option.Option<OpenRound>>
    readonly head: (round: RoundId) => Effect.Effect<Option.Option<RoundHead>>
    /** Counts a try at an open round, before anything of it is read; false when it has ended. */
    readonly tried: (round: RoundId) => Effect.Effect<boolean, never, Commit>
    /** Takes the try back: the server ends in good order. */
    readonly untried: (round: RoundId) => Effect.Effect<void, never, Commit>
    /** Why a round ended; none while it goes on. */
    readonly reasonOf: (round: RoundId) => Effect.Effect<Option.Option<StopReason>>
    readonly past: (round: RoundId) => Effect.Effect<ReadonlyArray<PastTurn>>
    readonly state: (room: RoomId, round: RoundId) => Effect.Effect<RoundState>
    readonly openTurn: (turn: NewTurn) => Effect.Effect<TurnId, never, Commit>
    /** A turn that was played to its end shows that its round can be: the tries at it are counted anew. */
    readonly closeTurn: (turn: TurnId, end: TurnEnd) => Effect.Effect<void, never, Commit>
    /** What the latest turns of the room have cost, as far as the providers told. */
    readonly recentUsd: (room: RoomId) => Effect.Effect<ReadonlyArray<number>>
    readonly lastSpeaker: (room: RoomId) => Effect.Effect<Option.Option<AgentId>>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const encodeTape = Schema.encodeSync(Schema.parseJson(Tape))
const encodeTrigger = Schema.encodeSync(Schema.parseJson(Trigger))
const encodePasses = Schema.encodeSync(Schema.parseJson(Schema.Array(PassInput)))

const asRoundId = Sql.one(Schema.Struct({ id: RoundId }))
const asIds = Sql.all(Schema.Struct({ id: RoundId }))
const asTurnId = Sql.one(Schema.Struct({ id: TurnId }))
const Place = Schema.decodeUnknownOption(RoundHead.pick("id", "room_id"))
/** What cannot be read of it is taken for the usual: it can be ended. */
const asHeads = Sql.readable(RoundHead, "rounds", (row) =>
  Option.map(Place(row), (place) => ({ ...place, kind: "message" }))
)
const asReasons = Sql.readable(Schema.Struct({ stop_reason: StopReason }), "rounds")
const maybeRound = Sql.first(OpenRound, "rounds")
const asPast = Sql.all(PastTurn, "turns")
const asCosts = Sql.readable(Schema.Struct({ id: TurnId, cost_usd: Schema.Number }), "turns")
const asSpeakers = Sql.readable(Schema.Struct({ id: TurnId, agent_id: AgentId }), "turns")
const asStanding = Sql.one(
  Schema.Struct({
    is_open: Flag,
    replies: Schema.Int,
    speaking: Schema.Int,
    tokens: Schema.Int,
    usd: Schema.Number
  })
)

const make = Effect.gen(function* () {
  const hot = Hot.make((yield* Statements).prepare)
  /** Whether a change of an open round found it. */
  const isOpen = (changed: Effect.Effect<ReadonlyArray<unknown>>) =>
    within(Effect.map(asIds(changed), Array.isNonEmptyReadonlyArray))

  return Ledger.of({
    openRound: Effect.fnUntraced(function* ({ planned_from, room_id, seed, tape, trigger, policy }, started_at) {
      const isAutonomous = trigger.kind === "autonomous"
      const row = {
        room_id,
        kind: trigger.kind,
        trigger: encodeTrigger(trigger),
        policy,
        seed,
        planned_from: encodePasses(planned_from),
        tape: encodeTape(tape),
        started_at,
        tries: isAutonomous ? 1 + (yield* asIds(hot.inherited({ room: room_id }))).length : 1
      }
      return (yield* asRoundId(hot.openRound(row))).id
    }),

    plan: ({ id, planned_from, tape }) =>
      within(Effect.asVoid(hot.plan({ id, planned_from: encodePasses(planned_from), tape: encodeTape(tape) }))),

    closeRound: (id, end) => isOpen(hot.closeRound({ id, ...end })),

    closeRounds: (room, at) => within(Effect.asVoid(hot.closeRounds({ room, at }))),

    open: (room) => asHeads(hot.open({ room })),

    head: (id) => Effect.map(asHeads(hot.head({ id })), Array.head),

    tried: (id) => isOpen(hot.tried({ id })),

    untried: (id) => within(Effect.asVoid(hot.untried({ id }))),

    find: (id) => maybeRound(hot.find({ id })),

    reasonOf: (id) =>
      Effect.map(asReasons(hot.reason({ id })), ([row]) =>
        Option.map(Option.fromNullable(row), ({ stop_reason }) => stop_reason)
      ),

    past: (id) => asPast(hot.past({ id })),

    state: (room, round) =>
      Effect.map(asStanding(hot.state({ room, round })), ({ is_open, replies, speaking, tokens, usd }) => ({
        isOpen: is_open,
        replies,
        speaking,
        reserved: { tokens, usd }
      })),

    openTurn: (turn) => within(Effect.map(asTurnId(hot.openTurn({ ...turn })), ({ id }) => id)),

    closeTurn: (id, { counted, error, usage, ...end }) => {
      const row = {
        id,
        ...end,
        error: error === null ? null : Json.stringify(error),
        input_tokens: usage?.inputTokens ?? null,
        output_tokens: usage?.outputTokens ?? null,
        cache_read_tokens: usage?.cacheReadTokens ?? null,
        cache_write_tokens: usage?.cacheWriteTokens ?? null,
        cost_usd: usage?.costUsd ?? null,
        counted_tokens: counted.tokens,
        counted_usd: counted.usd
      }
      return Effect.asVoid(
        Effect.zipRight(within(hot.closeTurn(row)), end.outcome === "interrupted" ? Effect.void : hot.proven({ id }))
      )
    },

    recentUsd: (room) => Effect.map(asCosts(hot.costs({ room })), (rows) => rows.map(({ cost_usd }) => cost_usd)),

    lastSpeaker: (room) =>
      Effect.map(asSpeakers(hot.lastSpeaker({ room })), ([turn]) =>
        Option.map(Option.fromNullable(turn), ({ agent_id }) => agent_id)
      )
  })
})
