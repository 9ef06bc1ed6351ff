import { Array, Context, Effect, Layer, Option, Random, Struct } from "effect"
import type { Member } from "../domain/Agent.ts"
import { RoomBusy, type RoomRow } from "../domain/Room.ts"
import type { PassInput, RoundId, Trigger } from "../domain/Round.ts"
import { RoomEvents } from "./RoomEvents.ts"
import { Settings } from "../process/Settings.ts"
import { Commit } from "./WriteQueue.ts"
import { AskedRepo } from "./AskedRepo.ts"
import { MessageRepo } from "./MessageRepo.ts"
import { Ledger, type RoundEnd, type RoundHead } from "./Ledger.ts"
import { RoomRepo } from "./RoomRepo.ts"
import { refusal, type Wish } from "../domain/Allowance.ts"
import { planPass } from "../domain/Plan.ts"

interface Opened {
  readonly id: RoundId
  /** False where it has ended in the same write. */
  readonly isOpen: boolean
}

type Answered = Extract<Trigger, { readonly kind: "message" }>

export class Openings extends Context.Tag("parley/store/Openings")<
  Openings,
  {
    /**
     * Opens a round with its first pass, in the write of what triggers it: whoever was answered can count on being
     * answered. The orchestrator is to be told of it after the commit, unless it has ended already: where nobody may
     * speak in the room, a pause or a limit being in the way. A round that has not begun hands its mentions on.
     */
    readonly open: (
      room: RoomRow,
      members: ReadonlyArray<Member>,
      trigger: Trigger
    ) => Effect.Effect<Opened, RoomBusy, Commit>
    /** Ends an open round; false when it had ended before. A room whose budget is spent is paused. */
    readonly close: (
      round: RoundHead,
      end: Pick<RoundEnd, "stop_reason" | "stop_detail">
    ) => Effect.Effect<boolean, never, Commit>
    /**
     * Opens one round for all that people said while the room could not answer, in the write that lets it speak again;
     * null where nobody waits for an answer.
     */
    readonly resume: (
      room: RoomRow,
      members: ReadonlyArray<Member>,
      cause: Trigger["cause"]
    ) => Effect.Effect<Opened | null, never, Commit>
    /** What a pass is to be planned from. */
    readonly passInput: (
      round: { readonly policy: PassInput["policy"]; readonly seed: number },
      members: ReadonlyArray<Member>,
      pass: Pick<PassInput, "pass" | "kind" | "mentioned" | "last_speaker" | "someone_answers">
    ) => PassInput
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

/** What a turn wants at least. */
const nothing: Wish = { isCritic: false, lastWords: 0, needs: { tokens: 0, usd: 0 } }

const make = Effect.gen(function* () {
  const { PRIORITY_AGENTS } = yield* Settings
  const ledger = yield* Ledger
  const asked = yield* AskedRepo
  const messages = yield* MessageRepo
  const events = yield* RoomEvents
  const rooms = yield* RoomRepo

  const inherit = Effect.fnUntraced(function* (room: RoomRow, trigger: Answered) {
    const mentioned = messagesIn(yield* asked.waiting(room.id)).flatMap((it) => it.mentioned_agent_ids)
    return { ...trigger, mentioned_agent_ids: Array.dedupe([...mentioned, ...trigger.mentioned_agent_ids]) }
  })

  /** What was held up in the room, and was not cleared since. */
  const heldUp = Effect.fnUntraced(function* (room: RoomRow) {
    const triggers = messagesIn(yield* asked.heldUp(room.id))
    const kept = new Set((yield* messages.these(triggers.map(({ message_id }) => message_id))).map(({ id }) => id))
    return triggers.filter(({ message_id }) => kept.has(message_id))
  })

  const admitted = Effect.fnUntraced(function* (
    room: RoomRow,
    trigger: Trigger,
    open: ReadonlyArray<{ readonly kind: string }>
  ) {
    if (open.length === 0 || trigger.kind !== "message") return trigger
    const answering = open.some(({ kind }) => kind !== "autonomous")
    if (room.double_text === "reject" && answering) return yield* RoomBusy.of(room.id)
    return yield* inherit(room, trigger)
  })

  const lastSpeaker = ({ id, turn_policy }: RoomRow) =>
    turn_policy === "round_robin" ? Effect.map(ledger.lastSpeaker(id), Option.getOrNull) : Effect.succeed(null)

  const passInput: Openings["Type"]["passInput"] = ({ policy, seed }, members, pass) => ({
    ...pass,
    policy,
    seed,
    members: members.map((member) => Struct.omit(member, "display_name", "group", "profile_pic")),
    priority_agents: PRIORITY_AGENTS
  })

  const begin = Effect.fnUntraced(function* (
    room: RoomRow,
    members: ReadonlyArray<Member>,
    trigger: Trigger,
    /** Whether no other round of the room is open, which the new one would have to stop. */
    isAlone: boolean
  ) {
    const round = { policy: room.turn_policy, seed: yield* Random.nextIntBetween(0, 2 ** 31) }
    const input = passInput(round, members, {
      pass: 0,
      kind: trigger.kind === "message" ? "answer" : "follow_up",
      mentioned: trigger.kind === "message" ? trigger.mentioned_agent_ids : [],
      last_speaker: yield* lastSpeaker(room),
      someone_answers: room.someone_answers && trigger.kind === "message"
    })
    const tape = planPass(input)
    const at = (yield* Commit).now()
    const id = yield* ledger.openRound({ ...round, room_id: room.id, trigger, planned_from: [input], tape }, at)
    yield* events.append(room.id, {
      type: "round_started",
      round_id: id,
      kind: trigger.kind,
      agents: tape.flatMap(({ speakers }) => speakers.map(({ name }) => name))
    })
    const obstacle =
      tape.length === 0 || !isAlone ? Option.none() : refusal({ room, ...(yield* ledger.state(room.id, id)) }, nothing)
    if (Option.isNone(obstacle) || obstacle.value.forNow) return { id, isOpen: true }
    yield* close(
      { id, room_id: room.id, kind: trigger.kind },
      { stop_reason: obstacle.value.reason, stop_detail: null }
    )
    return { id, isOpen: false }
  })

  const close: Openings["Type"]["close"] = Effect.fnUntraced(function* ({ id, kind, room_id }, end) {
    const ended_at = (yield* Commit).now()
    if (!(yield* ledger.closeRound(id, { ...end, ended_at }))) return false
    yield* rooms.rested(room_id, ended_at, kind === "autonomous")
    if (end.stop_reason === "budget") {
      const room = yield* Effect.orDie(rooms.update(room_id, { is_paused: true }))
      yield* events.append(room_id, { type: "room_updated", room })
    }
    yield* events.append(room_id, { type: "round_ended", round_id: id, ...end })
    return true
  })

  return Openings.of({
    passInput,
    close,

    open: Effect.fnUntraced(function* (room, members, asked) {
      const open = yield* ledger.open(room.id)
      return yield* begin(room, members, yield* admitted(room, asked, open), open.length === 0)
    }),

    resume: Effect.fnUntraced(function* (room, members, cause) {
      const triggers = members.length === 0 ? [] : yield* heldUp(room)
      const newest = triggers.at(-1)
      if (newest === undefined) return null
      const mentioned_agent_ids = Array.dedupe(triggers.flatMap((it) => it.mentioned_agent_ids))
      return yield* begin(room, members, { ...newest, mentioned_agent_ids, cause }, true)
    })
  })
})

const messagesIn = (triggers: ReadonlyArray<Trigger>) =>
  triggers.flatMap((it): ReadonlyArray<Answered> => (it.kind === "message" ? [it] : []))
