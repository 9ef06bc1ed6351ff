import { Effect } from "effect"
import { RoomId } from "../../src/domain/RoomId.ts"
import type { LiveTurns } from "../../src/engine/LiveTurns.ts"
import type { SdkPool } from "../../src/models/SdkPool.ts"
import type { Book } from "./Committed.ts"
import type { Reader } from "./Reader.ts"
import type { World } from "./World.ts"

/** A server in a moment in which nothing can run before time passes or somebody asks for something. */
export interface Scene {
  readonly book: Book
  readonly world: World
  readonly live: LiveTurns["Type"]
  readonly pool: SdkPool["Type"]
  /** Whether a write waits, or was refused and is to be tried again: what it would end goes on until then. */
  readonly isHeldUp: boolean
  readonly readers: ReadonlyArray<Reader>
}

type Check = (scene: Scene) => void

const plain = (rows: ReadonlyArray<unknown>) => rows.map((row) => Object.values(row ?? {}).join("|")).join("\n")

/** 1 */
const messagesStayAsTheyWere: Check = ({ book: { chronicle, journal }, world }) => {
  const stored = plain(world.disk.rows("SELECT id, room_id, content, partial FROM kept_messages ORDER BY id"))
  const known = plain([...journal.messages.values()].map((it) => [it.id, it.room_id, it.content, it.partial]))
  if (stored !== known) chronicle.breaks(1, `messages are other than they were committed:\n${stored}\nnot\n${known}`)
}

/** 1 and 12 */
const acknowledgedIsThere: Check = ({ book: { chronicle, journal, ledger } }) => {
  for (const { answer, kind, messageId, room, tag } of ledger.requests) {
    if (kind !== "say" || answer !== "done" || messageId === null) continue
    const isGone = ledger.requests.some((it) => it.room === room && (it.kind === "remove" || it.kind === "clear"))
    const message = journal.messages.get(messageId)
    if (message === undefined && !isGone)
      chronicle.breaks(1, `message ${messageId} (${tag}) was acknowledged and is lost`)
  }
}

/** 3, 8 and 9: who speaks, by the ledger, the stream, the pool and the vendor alike. */
const turnsHaveOwners: Check = ({ book: { calls, chronicle, journal, ledger }, live, pool }) => {
  // A room that is removed is gone at once; whoever asked is told when its agents have cleaned up.
  const isGoing = (room: number) =>
    !journal.rooms().has(room) &&
    ledger.requests.some((it) => it.room === room && it.kind === "remove" && it.answered === null)
  for (const id of journal.rooms().keys()) {
    const shown = live.inRoom(RoomId.make(id)).map(({ turnId }) => Number(turnId))
    const open = journal.openIn(id).flatMap((turn) => (turn.reason === "critic" ? [] : [turn.id]))
    if (shown.toSorted().join(" ") !== open.toSorted().join(" "))
      chronicle.breaks(9, `room ${id} has the turns ${open.join(" ")} under way, and shows ${shown.join(" ")}`)
  }
  const open = new Set([...journal.open.turns].flatMap((id) => journal.turns.get(id) ?? []).map(seatOf))
  for (const seat of Effect.runSync(pool.leases))
    if (!open.has(seat.key) && !isGoing(seat.roomId))
      chronicle.breaks(8, `the client of seat ${seat.key} is leased and no turn is under way`)
  for (const call of calls)
    if (call.live && !call.over && !open.has(call.seat.key) && !isGoing(call.seat.roomId))
      chronicle.breaks(8, `call ${call.number} of seat ${call.seat.key} goes on and no turn is under way`)
}

const seatOf = (turn: { readonly room_id: number; readonly agent_id: number }) => `${turn.room_id}/${turn.agent_id}`

/** 8 */
const sessionsAreInThePool: Check = ({ book: { chronicle }, pool, world }) => {
  const seats = [...world.sessions.values()].map(({ key }) => key)
  const { alive } = Effect.runSync(pool.stats("process"))
  if (seats.length > alive) chronicle.breaks(8, `${seats.length} sessions are open, the pool knows ${alive}`)
  if (new Set(seats).size < seats.length) chronicle.breaks(8, `a seat has two sessions: ${seats.join(" ")}`)
}

/** 6: a room has spent what its turns have cost. */
const accountsAreRight: Check = ({ book: { chronicle }, world }) => {
  const wrong = world.disk.rows(`
    SELECT id FROM rooms WHERE state = 'open' AND (
      spent_tokens <> (SELECT coalesce(sum(counted_tokens), 0) FROM turns WHERE room_id = rooms.id)
      OR abs(spent_usd - (SELECT coalesce(sum(counted_usd), 0) FROM turns WHERE room_id = rooms.id)) > 1e-6)`)
  if (wrong.length > 0) chronicle.breaks(6, `what turns have cost is not what was spent in ${plain(wrong)}`)
}

/** 5 and 8: a room at rest has no round. */
const roundsHaveTurns: Check = ({ book: { chronicle, journal, ledger } }) => {
  for (const id of journal.open.rounds) {
    const round = journal.rounds.get(id)
    const why = round === undefined ? undefined : ledger.whySilent(round.room_id, 0)
    if (why !== undefined) chronicle.breaks(5, `round ${id} goes on after its room ${why}`)
  }
}

/** 7 */
const readersHaveAll: Check = ({ readers }) => {
  for (const reader of readers) reader.rest()
}

const checks = [messagesStayAsTheyWere, acknowledgedIsThere, sessionsAreInThePool, accountsAreRight, readersHaveAll]

const endings = [turnsHaveOwners, roundsHaveTurns]

export const check: Check = (scene) => {
  for (const ask of scene.isHeldUp ? checks : [...checks, ...endings]) ask(scene)
}
