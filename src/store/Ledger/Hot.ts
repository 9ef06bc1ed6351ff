import type { RoomId } from "../../domain/RoomId.ts"
import type { RoundId, TurnId } from "../../domain/Round.ts"
import { counts, prices } from "../Sql.ts"
import type { NewTurn, RoundEnd, TurnEnd } from "./Rows.ts"
import { columnsOf, insertInto, setting, type Statements, type Values } from "../Statements.ts"

type InRoom = { readonly room: RoomId }
type OfRound = { readonly id: RoundId }

interface NewRound {
  readonly room_id: RoomId
  readonly kind: string
  readonly trigger: string
  readonly policy: string
  readonly seed: number
  readonly planned_from: string
  readonly tape: string
  readonly started_at: string
  readonly tries: number
}

const roundColumns = columnsOf<NewRound>({
  room_id: true,
  kind: true,
  trigger: true,
  policy: true,
  seed: true,
  planned_from: true,
  tape: true,
  started_at: true,
  tries: true
})

const turnColumns = columnsOf<NewTurn>({
  round_id: true,
  room_id: true,
  agent_id: true,
  agent_name: true,
  agent_display_name: true,
  cell: true,
  attempt: true,
  reason: true,
  provider: true,
  model: true,
  trace_id: true,
  cause_trace_id: true,
  started_at: true,
  reserved_tokens: true,
  reserved_usd: true
})

type Ended = Omit<TurnEnd, "counted" | "error" | "usage"> & {
  readonly error: string | null
  readonly input_tokens: number | null
  readonly output_tokens: number | null
  readonly cache_read_tokens: number | null
  readonly cache_write_tokens: number | null
  readonly cost_usd: number | null
  readonly counted_tokens: number
  readonly counted_usd: number
}

const endColumns = columnsOf<Ended>({
  outcome: true,
  finish: true,
  ended_at: true,
  error: true,
  message_id: true,
  first_token_ms: true,
  duration_ms: true,
  input_tokens: true,
  output_tokens: true,
  cache_read_tokens: true,
  cache_write_tokens: true,
  cost_usd: true,
  counted_tokens: true,
  counted_usd: true
})

const roundEndColumns = columnsOf<RoundEnd>({ stop_reason: true, stop_detail: true, ended_at: true })

/** What every round and every turn asks of the account. */
export const make = (prepare: Statements["Type"]["prepare"]) => ({
  openRound: prepare<NewRound & Values>(`${insertInto("rounds", roundColumns)} RETURNING id`),
  /** Nobody sets an autonomous round aside: what follows one that ended its server begins as the second try at it. */
  inherited: prepare<InRoom>(`
    SELECT id FROM rounds WHERE kind = 'autonomous' AND stop_reason = 'interrupted' AND tries > 1
      AND id = (SELECT id FROM rounds WHERE room_id = @room ORDER BY id DESC LIMIT 1)`),
  plan: prepare<OfRound & { readonly planned_from: string; readonly tape: string }>(
    "UPDATE rounds SET planned_from = @planned_from, tape = @tape WHERE id = @id"
  ),
  closeRound: prepare<OfRound & RoundEnd & Values>(`
    UPDATE rounds SET ${setting(roundEndColumns)}
    WHERE id = @id AND ended_at IS NULL RETURNING id`),
  closeRounds: prepare<InRoom & { readonly at: string }>(
    "UPDATE rounds SET ended_at = @at, stop_reason = 'interrupted' WHERE room_id = @room AND ended_at IS NULL"
  ),
  open: prepare<InRoom>("SELECT id, room_id, kind FROM rounds WHERE ended_at IS NULL AND room_id = @room ORDER BY id"),
  head: prepare<OfRound>("SELECT id, room_id, kind FROM rounds WHERE id = @id AND ended_at IS NULL"),
  tried: prepare<OfRound>("UPDATE rounds SET tries = tries + 1 WHERE id = @id AND ended_at IS NULL RETURNING id"),
  untried: prepare<OfRound>("UPDATE rounds SET tries = tries - 1 WHERE id = @id AND ended_at IS NULL"),
  find: prepare<OfRound>("SELECT * FROM rounds WHERE id = @id AND ended_at IS NULL"),
  reason: prepare<OfRound>("SELECT id, stop_reason FROM rounds WHERE id = @id AND stop_reason IS NOT NULL"),
  past: prepare<OfRound>(`
    SELECT cell, turns.agent_id, attempt, outcome, content AS said,
      count(*) FILTER (WHERE counted_tokens > 0) OVER (PARTITION BY cell, turns.agent_id ORDER BY attempt) AS tries
    FROM turns LEFT JOIN messages ON messages.id = turns.message_id
    WHERE round_id = @id AND outcome IS NOT NULL ORDER BY cell, turns.agent_id, attempt`),
  state: prepare<InRoom & { readonly round: RoundId }>(`
    SELECT
      coalesce((SELECT ended_at IS NULL FROM rounds WHERE id = @round), 0) AS is_open,
      (SELECT count(*) FROM turns
        WHERE round_id = @round AND outcome = 'replied' AND reason <> 'critic') AS replies,
      count(*) FILTER (WHERE reason <> 'critic') AS speaking,
      coalesce(sum(${counts("reserved_tokens")}), 0) AS tokens,
      coalesce(sum(${prices("reserved_usd")}), 0) AS usd
    FROM turns WHERE room_id = @room AND outcome IS NULL`),
  openTurn: prepare<NewTurn & Values>(`${insertInto("turns", turnColumns)} RETURNING id`),
  closeTurn: prepare<{ readonly id: TurnId } & Ended & Values>(
    `UPDATE turns SET ${setting(endColumns)} WHERE id = @id AND outcome IS NULL`
  ),
  /** The tries at its round are counted anew. */
  proven: prepare<{ readonly id: TurnId }>(
    "UPDATE rounds SET tries = 1 WHERE id = (SELECT round_id FROM turns WHERE id = @id) AND tries > 1"
  ),
  costs: prepare<InRoom>(
    "SELECT id, cost_usd FROM turns WHERE room_id = @room AND cost_usd IS NOT NULL ORDER BY id DESC LIMIT 20"
  ),
  lastSpeaker: prepare<InRoom>(`
    SELECT id, agent_id FROM turns WHERE room_id = @room AND outcome = 'replied' AND reason <> 'critic'
    ORDER BY id DESC LIMIT 1`)
})
