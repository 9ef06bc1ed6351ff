import type { Chronicle } from "./Chronicle.ts"
import type { Change, Journal, Message, Round, Turn } from "./Journal.ts"
import type { Ledger } from "./Ledger.ts"
import { type Call, tagsIn } from "./Vendor.ts"

/** What is known of a schedule from outside the server. */
export interface Book {
  readonly chronicle: Chronicle
  readonly journal: Journal
  readonly ledger: Ledger
  readonly calls: ReadonlyArray<Call>
}

type Check = (book: Book, change: Change) => void

const messagesPerTrigger = 30

const isReply = (turn: Turn | undefined) => turn?.outcome === "replied"

/** 1 */
const nothingSaidIsLost: Check = ({ chronicle, journal, ledger }, { unsaid }) => {
  for (const { id, room_id } of unsaid) {
    const wanted = journal.room(room_id) === undefined ? "remove" : "clear"
    const isWanted = ledger.requests.some((it) => it.kind === wanted && it.room === room_id)
    if (!isWanted) chronicle.breaks(1, `message ${id} of room ${room_id} is gone, and nobody asked for it`)
  }
}

/** 2 */
const oneReplyForOneCell: Check = ({ chronicle, journal }, { turned }) => {
  for (const [, turn] of turned) {
    const same = (it: Turn) =>
      it.round_id === turn.round_id && it.cell === turn.cell && it.agent_id === turn.agent_id && it.id !== turn.id
    if (isReply(turn) && [...journal.turns.values()].some((it) => same(it) && isReply(it)))
      chronicle.breaks(2, `agent ${turn.agent_id} replied twice in cell ${turn.cell} of round ${turn.round_id}`)
  }
}

/** 3 */
const oneOutcomeForEachTurn: Check = ({ chronicle, journal }, { turned }) => {
  for (const [before, after] of turned) {
    if (before.outcome !== null && before.outcome !== after.outcome)
      chronicle.breaks(3, `turn ${after.id} was ${before.outcome} and is now ${after.outcome}`)
    const said = after.message_id === null ? undefined : journal.messages.get(after.message_id)
    if (isReply(after) && before.outcome === null && (said === undefined || said.partial === 1))
      chronicle.breaks(3, `turn ${after.id} replied, and what it said is not there`)
  }
}

/** 3: in one transaction with the message and the event. */
const settledAtOnce: Check = ({ chronicle, journal }, { said, told, turned }) => {
  for (const [before, turn] of turned) {
    if (before.outcome !== null) continue
    const ends = told.filter((event) => event.type === "stream_end" && event.turn_id === turn.id).length
    if (ends !== 1) chronicle.breaks(3, `turn ${turn.id} ended with ${ends} stream_end events`)
  }
  for (const message of said) {
    if (message.agent_id === null) continue
    const turn = [...journal.turns.values()].find((it) => it.message_id === message.id)
    if (turn === undefined || turn.outcome === null)
      chronicle.breaks(3, `message ${message.id} of agent ${message.agent_id} was committed apart from its turn's outcome`)
  }
}

/** 5 */
const silenceIsKept: Check = ({ chronicle, ledger }, { opened, said }) => {
  for (const { agent_id, id, room_id } of said) {
    const why = agent_id === null ? undefined : ledger.whySilent(room_id, agent_id)
    if (why !== undefined) chronicle.breaks(5, `agent ${agent_id} spoke (message ${id}) after room ${room_id} ${why}`)
  }
  for (const { agent_id, id, room_id } of opened) {
    const why = ledger.whySilent(room_id, agent_id)
    if (why !== undefined) chronicle.breaks(5, `turn ${id} of agent ${agent_id} began after room ${room_id} ${why}`)
  }
}

/** 6 */
const limitsAreKept: Check = ({ chronicle, journal }, { before, opened, said, turned }) => {
  for (const turn of opened) {
    const isOld = (it: Turn) => it.id < turn.id
    const now = journal.room(turn.room_id)?.max_interactions ?? null
    // Several writes share a commit: the limit may have changed just after the turn was let in.
    const was = before.get(turn.room_id)?.max_interactions ?? null
    const limit = now === null || was === null ? null : Math.max(now, was)
    const replies = journal.repliesIn(turn.room_id) - said.filter((it) => it.room_id === turn.room_id && isWhole(it)).length
    const taken = replies + journal.openIn(turn.room_id).filter(isOld).length
    if (limit !== null && taken >= limit && turn.reason !== "final")
      chronicle.breaks(6, `turn ${turn.id} began with ${taken} of ${limit} replies of room ${turn.room_id} given`)
  }
  for (const [, turn] of turned) {
    const replies = [...journal.turns.values()].filter((it) => it.round_id === turn.round_id && isReply(it)).length
    if (replies > messagesPerTrigger) chronicle.breaks(6, `round ${turn.round_id} has ${replies} replies`)
  }
}

const isWhole = (message: Message) => message.agent_id !== null && message.partial === 0

/** 6: the count is of replies alone. */
const repliesAreCounted: Check = ({ chronicle, journal }) => {
  for (const { id, interactions } of journal.rooms().values()) {
    const replies = journal.repliesIn(id)
    if (replies !== interactions) chronicle.breaks(6, `room ${id} counts ${interactions} replies, there are ${replies}`)
  }
}

/** 7: whatever was said or ended is told. */
const allIsTold: Check = ({ chronicle }, { said, told }) => {
  for (const { id } of said) {
    const tellings = told.filter((event) => event.type === "new_message" && event.message_id === id).length
    if (tellings !== 1) chronicle.breaks(7, `message ${id} was committed with ${tellings} events that tell of it`)
  }
}

/** 8: rounds of a room do not overlap. */
const oneRoundAtATime: Check = ({ chronicle, journal }, { opened }) => {
  for (const turn of opened) {
    const others = journal.openIn(turn.room_id).filter((it) => it.round_id !== turn.round_id)
    if (others.length > 0)
      chronicle.breaks(8, `turn ${turn.id} of round ${turn.round_id} began while round ${others[0]?.round_id} had one`)
  }
}

/** 10 */
const silenceWakesNobody: Check = ({ chronicle, journal }, { opened, rounds, turned }) => {
  for (const [, turn] of turned)
    if (turn.outcome === "skipped" && turn.message_id !== null)
      chronicle.breaks(10, `turn ${turn.id} was skipped and has message ${turn.message_id}`)

  const replied = (round: Round, pass: number, agent: number | null) =>
    [...journal.turns.values()].some((turn) => {
      const cell = round.tape[turn.cell]
      return turn.round_id === round.id && isReply(turn) && cell?.pass === pass && (agent ?? turn.agent_id) === turn.agent_id
    })
  for (const turn of opened) {
    const round = journal.rounds.get(turn.round_id)
    const cell = round?.tape[turn.cell]
    if (round === undefined || cell === undefined) chronicle.breaks(2, `turn ${turn.id} stands in no cell of its round`)
    else if (cell.after !== null && !replied(round, cell.pass, cell.after))
      chronicle.breaks(10, `turn ${turn.id} follows agent ${cell.after}, who has said nothing`)
  }
  for (const [, round] of rounds) {
    const last = round.tape.at(-1)?.pass ?? 0
    if (last > 0 && !replied(round, last - 1, null))
      chronicle.breaks(10, `round ${round.id} has a pass ${last} though nobody replied in the one before`)
  }
}

/** 12: one key, one message. */
const keysAreKept: Check = ({ chronicle, journal, ledger }, { said }) => {
  for (const message of said) {
    if (message.agent_id !== null || message.participant_type === "system") continue
    const [tag] = tagsIn(message.content)
    const request = ledger.requests.find((it) => it.tag !== null && it.tag === tag)
    const isRefused = request?.answer === "refused"
    if (request === undefined || isRefused) chronicle.breaks(12, `message ${message.id} was stored though it was refused`)
    const twins = [...journal.messages.values()].filter(({ content }) => tag !== undefined && content.includes(tag))
    if (twins.length > 1) chronicle.breaks(12, `what was sent once (${tag}) is there ${twins.length} times`)
  }
}

const checks = [
  nothingSaidIsLost,
  oneReplyForOneCell,
  oneOutcomeForEachTurn,
  settledAtOnce,
  silenceIsKept,
  limitsAreKept,
  repliesAreCounted,
  allIsTold,
  oneRoundAtATime,
  silenceWakesNobody,
  keysAreKept
]

/** To be asked at every commit. */
export const check: Check = (book, change) => {
  for (const ask of checks) ask(book, change)
}
