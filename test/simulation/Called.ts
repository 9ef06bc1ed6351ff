import { Schema } from "effect"
import { mustAnswer } from "../../src/domain/Plan.ts"
import { Outcome } from "../../src/domain/Round.ts"
import type { Book } from "./Committed.ts"
import { type Call, tagsIn } from "./Vendor.ts"

type Check = (book: Book, call: Call) => void

const isOutcome = Schema.is(Outcome)

const room = ({ seat }: Call) => seat.roomId

const storedBy = ({ journal }: Book, call: Call) =>
  [...journal.messages.values()].filter((it) => it.room_id === room(call) && it.participant_type !== "system")

const nameOf = ({ agentName, number }: Call) => `${agentName} (call ${number})`

/** 4 */
const knowsOnlyItsRoom: Check = (book, call) => {
  const { chronicle, journal, ledger } = book
  const joined = journal.joinedAfter(call.seat.roomId, call.seat.agentId)
  const stored = new Map(storedBy(book, call).flatMap((it) => tagsIn(it.content).map((tag) => [tag, it])))
  for (const tag of call.known) {
    if (ledger.forgotten.has(tag)) chronicle.breaks(4, `${nameOf(call)} remembers ${tag}, which was cleared`)
    const message = stored.get(tag)
    if (message !== undefined && joined !== undefined && message.id <= joined)
      chronicle.breaks(4, `${nameOf(call)} knows ${tag}, which was said before it joined`)
    if (message === undefined && !ledger.mayBe(room(call), "clear", "remove"))
      chronicle.breaks(4, `${nameOf(call)} knows ${tag}, which is not in its room`)
  }
}

/** 4: what an agent noted in one room stays there. */
const notesStayInTheirRoom: Check = ({ chronicle }, call) => {
  for (const [, where] of call.spec.systemPrompt.matchAll(/note of room (\d+)/g))
    if (Number(where) !== room(call)) chronicle.breaks(4, `${nameOf(call)} is told its notes of room ${where}`)
}

/** 4: and knows all of it, but for what its window leaves out. */
const knowsItsRoom: Check = (book, call) => {
  const joined = book.journal.joinedAfter(call.seat.roomId, call.seat.agentId)
  if (joined === undefined) return
  const stored = storedBy(book, call).filter(({ id }) => id > joined)
  const isKnown = ({ content }: { readonly content: string }) => tagsIn(content).every((tag) => call.known.has(tag))
  const newest = stored.findLast(isKnown)?.id ?? 0
  const missing = stored.filter((it) => it.id < newest && !isKnown(it))
  if (missing.length > call.omitted)
    book.chronicle.breaks(
      4,
      `${nameOf(call)} does not know ${missing.map(({ content }) => content.slice(0, 6)).join(" ")}`
    )
}

/** 5 */
const isAllowed: Check = ({ chronicle, ledger }, call) => {
  const why = ledger.whySilent(call.seat.roomId, call.seat.agentId)
  if (why !== undefined) chronicle.breaks(5, `${nameOf(call)} speaks after room ${room(call)} ${why}`)
}

/** 5: nobody goes on with what was cleared meanwhile. */
const nothingForgotten: Check = ({ chronicle, ledger }, call) => {
  for (const tag of call.known)
    if (ledger.forgotten.has(tag)) chronicle.breaks(5, `${nameOf(call)} goes on about ${tag} after it was cleared`)
}

/** 8: every call belongs to one turn. */
const isInItsTurn: Check = ({ chronicle, journal }, call) => {
  const turns = journal.openIn(call.seat.roomId).filter((it) => it.agent_id === call.seat.agentId)
  if (turns.length !== 1) chronicle.breaks(8, `${nameOf(call)} was asked in ${turns.length} turns`)
}

/** 8 */
const oneCallAtATime: Check = ({ calls, chronicle }, call) => {
  const others = calls.filter((it) => it !== call && it.live && !it.over && it.seat.key === call.seat.key)
  if (others.length > 0) chronicle.breaks(8, `${nameOf(call)} was asked while its call ${others[0]?.number} went on`)
}

/** Who may stay silent is offered it, and nobody else: also after a crash. */
const silenceIsOffered: Check = ({ chronicle, journal }, call) => {
  const turn = journal.openIn(call.seat.roomId).find((it) => it.agent_id === call.seat.agentId)
  const round = turn && journal.rounds.get(turn.round_id)
  const pass = turn && round?.tape[turn.cell]?.pass
  const input = round?.planned_from.find((it) => it.pass === pass)
  if (turn === undefined || round === undefined || input === undefined) return
  const heard = [...journal.turns.values()].flatMap(({ cell, outcome, round_id }) =>
    round_id === round.id && cell < turn.cell && round.tape[cell]?.pass === pass && isOutcome(outcome)
      ? [{ outcome }]
      : []
  )
  const isOffered = call.spec.tools.some(({ name }) => name === "skip")
  if (isOffered === mustAnswer(input, round.tape, turn.cell, heard))
    chronicle.breaks(0, `${nameOf(call)} ${isOffered ? "has to answer and may skip" : "may not skip for no reason"}`)
}

const run =
  (...checks: ReadonlyArray<Check>): Check =>
  (book, call) => {
    for (const ask of checks) ask(book, call)
  }

/** To be asked when a model is called. */
export const begins = run(
  isAllowed,
  knowsOnlyItsRoom,
  notesStayInTheirRoom,
  knowsItsRoom,
  isInItsTurn,
  oneCallAtATime,
  silenceIsOffered
)

/** To be asked whenever a model does something. */
export const acts = run(isAllowed, nothingForgotten)
