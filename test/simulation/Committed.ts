import type { Chronicle } from "./Chronicle.ts"
import type { Change, Journal, Message, Round, Turn } from "./Journal.ts"
import { planPass } from "../../src/domain/Plan.ts"
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
    // A place may be tried again after a crash, but only what was cut off.
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
    if (
      isReply(after) &&
      after.reason !== "critic" &&
      before.outcome === null &&
      (said === undefined || said.partial === 1)
    )
      chronicle.breaks(3, `turn ${after.id} replied, and what it said is not there`)
  }
}

/** 3: in one transaction with the message and the event. */
const settledAtOnce: Check = ({ chronicle, journal }, { said, told, turned }) => {
  for (const [before, turn] of turned) {
    if (before.outcome !== null || turn.reason === "critic") continue
    const ends = told.filter((event) => event.type === "stream_end" && event.turn_id === turn.id).length
    if (ends !== 1) chronicle.breaks(3, `turn ${turn.id} ended with ${ends} stream_end events`)
  }
  for (const message of said) {
    if (message.agent_id === null) continue
    const turn = [...journal.turns.values()].find((it) => it.message_id === message.id)
    if (turn === undefined || turn.outcome === null)
      chronicle.breaks(
        3,
        `message ${message.id} of agent ${message.agent_id} was committed apart from its turn's outcome`
      )
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

/** Of two values that a room had around a commit the one that allows more: several writes share a commit. */
const wider = (one: number | null | undefined, other: number | null | undefined) =>
  one == null || other == null ? Number.POSITIVE_INFINITY : Math.max(one, other)

/** 6: what is open may yet become a reply, and cost what was set aside for it. */
const limitsAreKept: Check = ({ chronicle, journal }, { before, opened, said }) => {
  for (const turn of opened) {
    const [was, now] = [before.get(turn.room_id), journal.room(turn.room_id)]
    if (was === undefined || now === undefined) continue
    const others = journal.openIn(turn.room_id).filter((it) => it.id < turn.id)
    const fresh = said.filter((it) => it.room_id === turn.room_id && isWhole(it)).length
    const speaking = others.filter(({ reason }) => reason !== "critic").length
    const breaks = (what: string, taken: number, limit: number) =>
      chronicle.breaks(6, `turn ${turn.id} began with ${taken} of ${limit} ${what} of room ${turn.room_id} gone`)

    const replies = journal.repliesIn(turn.room_id) - fresh + speaking
    const most = wider(was.max_interactions, now.max_interactions)
    if (turn.reason !== "critic" && replies >= most) breaks("replies", replies, most)

    const inRound = [...journal.turns.values()].filter((it) => it.round_id === turn.round_id && isReply(it))
    const answers = inRound.filter(({ reason }) => reason !== "critic").length - fresh + speaking
    const mostAnswers = wider(was.max_messages, now.max_messages)
    if (turn.reason !== "critic" && answers >= mostAnswers) breaks("messages for one trigger", answers, mostAnswers)

    const sum = (of: (turn: Turn) => number) => [turn, ...others].reduce((total, it) => total + of(it), 0)
    const tokens = was.spent_tokens + sum((it) => it.reserved_tokens)
    if (fresh === 0 && tokens > wider(was.budget_tokens, now.budget_tokens))
      breaks("tokens", tokens, wider(was.budget_tokens, now.budget_tokens))
    const usd = was.spent_usd + sum((it) => it.reserved_usd)
    if (fresh === 0 && usd > wider(was.budget_usd, now.budget_usd) + 1e-9)
      breaks("dollars", usd, wider(was.budget_usd, now.budget_usd))
  }
}

/** 5 and 6: whether a turn may begin is decided where it begins. */
const stoppedRoomsAreQuiet: Check = ({ chronicle, journal }, { before, opened }) => {
  for (const turn of opened) {
    const around = [before.get(turn.room_id), journal.room(turn.room_id)]
    if (around.every((room) => room?.is_paused === 1))
      chronicle.breaks(5, `turn ${turn.id} began in room ${turn.room_id}, which is paused`)
    if (turn.reason !== "critic" && around.every((room) => room !== undefined && room.loop_guard !== null))
      chronicle.breaks(6, `turn ${turn.id} began in room ${turn.room_id}, which the loop guard has stopped`)
    const reason = journal.rounds.get(turn.round_id)?.stop_reason ?? null
    if (reason !== null) chronicle.breaks(5, `turn ${turn.id} began in round ${turn.round_id}, which ended: ${reason}`)
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
    [...journal.turns.values()].some(
      (turn) =>
        turn.round_id === round.id &&
        isReply(turn) &&
        round.tape[turn.cell]?.pass === pass &&
        (agent ?? turn.agent_id) === turn.agent_id
    )
  for (const turn of opened) {
    const round = journal.rounds.get(turn.round_id)
    const cell = round?.tape[turn.cell]
    if (round === undefined || cell === undefined || !cell.speakers.some(({ agent_id }) => agent_id === turn.agent_id))
      chronicle.breaks(2, `turn ${turn.id} stands in no cell of its round`)
    else if (cell.after === "nobody" && replied(round, cell.pass, null))
      chronicle.breaks(10, `turn ${turn.id} is to break a silence that was broken`)
    else if (typeof cell.after === "number" && !replied(round, cell.pass, cell.after))
      chronicle.breaks(10, `turn ${turn.id} follows agent ${cell.after}, who has said nothing`)
  }
  for (const [, round] of rounds) {
    const last = round.planned_from.at(-1)
    if (last?.kind === "follow_up" && last.pass > 0 && !replied(round, last.pass - 1, null))
      chronicle.breaks(10, `round ${round.id} has a pass ${last.pass} though nobody replied in the one before`)
  }
}

/** 11 */
const tapesCanBeDerived: Check = ({ chronicle }, { rounds }) => {
  for (const [, { id, planned_from, policy, seed, tape }] of rounds) {
    const derived = JSON.stringify(planned_from.flatMap(planPass))
    if (derived !== JSON.stringify(tape)) chronicle.breaks(11, `round ${id} has another tape than ${derived}`)
    if (planned_from.some((input) => input.seed !== seed || input.policy !== policy))
      chronicle.breaks(11, `round ${id} was planned from another seed or policy than it has`)
  }
}

/** 9: who was answered is answered to; a round is given up for a reason. */
const nobodyWaitsInVain: Check = ({ chronicle, journal, ledger }, { rounds, said, seated }) => {
  for (const { agent_id, id, participant_type, room_id } of said) {
    const sits = (seats: ReadonlyMap<string, number>) => [...seats.keys()].some((key) => key.startsWith(`${room_id}/`))
    const isPerson = agent_id === null && participant_type !== "system"
    const isAnswered = rounds.some(([, { trigger }]) => trigger.kind === "message" && trigger.message_id === id)
    if (isPerson && !isAnswered && sits(seated) && sits(journal.seats()) && !ledger.changing(room_id))
      chronicle.breaks(9, `message ${id} was committed without a round that answers it`)
  }
  for (const [before, round] of rounds) {
    if (round.stop_reason !== "interrupted" || before?.stop_reason === "interrupted") continue
    const isNewer = [...journal.rounds.values()].some((it) => it.room_id === round.room_id && it.id > round.id)
    const isWanted = ledger.mayBe(round.room_id, "pause", "clear", "remove")
    if (!isNewer && !isWanted && round.trigger.kind !== "autonomous")
      chronicle.breaks(9, `round ${round.id} was given up, and nobody asked for it`)
  }
}

/** 9: what was said in a pause is answered to when the pause ends. */
const pausesEndInAnswers: Check = ({ chronicle, journal, ledger }, { before, seated }) => {
  for (const [id, { is_paused }] of before) {
    if (is_paused === 0 || journal.room(id)?.is_paused !== 0 || ledger.changing(id)) continue
    const last = [...journal.rounds.values()].findLast((it) => it.room_id === id)
    const isHeldUp = last?.stop_reason === "paused" || last?.stop_reason === "budget"
    if (last?.trigger.kind !== "message" || !isHeldUp || !journal.messages.has(last.trigger.message_id)) continue
    const hasSpoken = [...journal.turns.values()].some((it) => it.round_id === last.id && it.message_id !== null)
    const isSeated = [seated, journal.seats()].every((all) => [...all.keys()].some((key) => key.startsWith(`${id}/`)))
    if (!hasSpoken && isSeated)
      chronicle.breaks(9, `room ${id} goes on, and nothing answers message ${last.trigger.message_id}`)
  }
}

/** Off means off. */
const roomsTalkWhenAsked: Check = ({ chronicle, journal }, { before, rounds }) => {
  for (const [known, round] of rounds) {
    if (known !== undefined || round.trigger.kind !== "autonomous") continue
    const around = [before.get(round.room_id), journal.room(round.room_id)]
    if (around.every((room) => room?.autonomous !== 1 || room.is_paused === 1))
      chronicle.breaks(6, `round ${round.id} of room ${round.room_id} was asked for by nobody`)
  }
}

/** 12: one key, one message. */
const keysAreKept: Check = ({ chronicle, journal, ledger }, { said }) => {
  for (const message of said) {
    if (message.agent_id !== null || message.participant_type === "system") continue
    const [tag] = tagsIn(message.content)
    const request = ledger.requests.find((it) => it.tag !== null && it.tag === tag)
    const isRefused = request?.answer === "refused"
    if (request === undefined || isRefused)
      chronicle.breaks(12, `message ${message.id} was stored though it was refused`)
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
  stoppedRoomsAreQuiet,
  repliesAreCounted,
  allIsTold,
  oneRoundAtATime,
  silenceWakesNobody,
  tapesCanBeDerived,
  nobodyWaitsInVain,
  pausesEndInAnswers,
  roomsTalkWhenAsked,
  keysAreKept
]

/** To be asked at every commit. */
export const check: Check = (book, change) => {
  for (const ask of checks) ask(book, change)
}
