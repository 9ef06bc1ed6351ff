import { assertInclude, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import type { Span } from "./Receiver.ts"

interface Turn {
  readonly id: number
  readonly agent_name: string
  readonly reason: string
  readonly round_id: number
  readonly room_id: number
  readonly message_id: number
  readonly trace_id: string
  readonly cause_trace_id: string
  readonly provider: string
  readonly model: string
  readonly cell: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cache_read_tokens: number
  readonly cache_write_tokens: number
  readonly cost_usd: number
  readonly first_token_ms: number
  readonly outcome: string
}

/** Reads in the spans of a person's message and of the turns that answer it what their traces must tell. */
export const told = (spans: ReadonlyArray<Span>, traceparent: string, turns: ReadonlyArray<Turn>) => {
  const [, requestTrace, requestSpan] = traceparent.split("-")
  const request = spans.find(({ spanId }) => spanId === requestSpan)
  deepStrictEqual(
    [request?.name, request?.traceId, request?.attributes["http.response.status_code"]],
    ["POST /rooms/{room_id}/messages/send", requestTrace, 200]
  )
  const ofRequest = spans.filter(({ traceId }) => traceId === requestTrace)
  const write = ofRequest.find(({ name }) => name === "WriteQueue.write")
  assertTrue(Number(write?.attributes["parley.commit.batch"]) >= 1)
  assertTrue(Number(write?.attributes["parley.queue.wait_ms"]) >= 0)

  assertTrue(turns.length > 0)
  for (const row of turns) {
    const own = spans.filter(({ traceId }) => traceId === row.trace_id)
    const turn = own.find(({ name }) => name === `invoke_agent ${row.agent_name}`)
    const chat = own.find(({ attributes, name }) => name.startsWith("chat ") && !("error.type" in attributes))
    const lease = own.find(({ name, parentSpanId }) => name === "SdkPool.lease" && parentSpanId === chat?.spanId)
    const round = spans.find(
      ({ name, traceId }) => name === "Orchestrator.round" && traceId === turn?.attributes["parley.round.trace_id"]
    )

    strictEqual(turn?.parentSpanId || undefined, undefined)
    deepStrictEqual([row.cause_trace_id, turn?.links[0]?.traceId], [requestTrace, requestTrace])
    assertTrue(ofRequest.some(({ spanId }) => spanId === turn?.links[0]?.spanId))
    const spent = {
      "gen_ai.provider.name": row.provider,
      "gen_ai.request.model": row.model,
      "gen_ai.response.model": row.model,
      "gen_ai.usage.input_tokens": row.input_tokens,
      "gen_ai.usage.output_tokens": row.output_tokens,
      "gen_ai.usage.cache_read.input_tokens": row.cache_read_tokens,
      "gen_ai.usage.cache_creation.input_tokens": row.cache_write_tokens,
      "parley.usage.cost_usd": row.cost_usd,
      "gen_ai.response.time_to_first_chunk": row.first_token_ms / 1000
    }
    const why = {
      ...spent,
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": row.agent_name,
      "gen_ai.conversation.id": String(row.room_id),
      "parley.round.id": row.round_id,
      "parley.round.policy": "priority",
      "parley.trigger.kind": "message",
      "parley.trigger.message_id": row.message_id,
      "parley.cause.trace_id": requestTrace,
      "parley.turn.id": row.id,
      "parley.turn.reason": row.reason,
      "parley.turn.cell": row.cell,
      "parley.turn.attempt": 0,
      "parley.turn.outcome": row.outcome
    }
    deepStrictEqual({ ...turn?.attributes, ...why }, turn?.attributes)
    assertTrue(Number(turn?.attributes["parley.gate.wait_ms"]) >= 0)

    strictEqual(chat?.parentSpanId, turn?.spanId)
    deepStrictEqual({ ...chat?.attributes, ...spent, "gen_ai.operation.name": "chat" }, chat?.attributes)
    assertTrue(Number(lease?.attributes["parley.lease.wait_ms"]) >= 0)

    strictEqual(round?.links[0]?.traceId, requestTrace)
    assertInclude(["complete", "max_rounds"].join(), String(round?.attributes["parley.round.stop_reason"]))
  }
}

/** What a story is held against: the turns, with the message that they answer. */
export const turnsQuery = `
  SELECT turns.*, rounds.trigger ->> '$.message_id' AS message_id
  FROM turns JOIN rounds ON rounds.id = turns.round_id WHERE outcome = 'replied' ORDER BY turns.id`
