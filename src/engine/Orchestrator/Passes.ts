import { Effect, Option } from "effect"
import { WriteQueue } from "../../store/WriteQueue.ts"
import { AgentRepo } from "../../store/AgentRepo.ts"
import type { Member } from "../../domain/Agent.ts"
import type { PassInput } from "../../domain/Round.ts"
import type { Heard } from "./Cells.ts"
import { Ledger } from "../../store/Ledger.ts"
import { mentionsIn } from "../Mentions.ts"
import { Openings } from "../../store/Openings.ts"
import { planPass } from "../../domain/Plan.ts"
import type { Progress } from "./Progress.ts"

/** The passes of a round, each planned from the room as it is then, and stored before it is played. */
export interface Passes {
  readonly first: (progress: Progress) => Effect.Effect<PassInput>
  /** The next pass of this kind; one that was planned before the server ended is taken up again. */
  readonly next: (progress: Progress, kind: PassInput["kind"], heard: ReadonlyArray<Heard>) => Effect.Effect<PassInput>
  /** Who sits in the room now. */
  readonly members: (progress: Progress) => Effect.Effect<ReadonlyArray<Member>>
}

export const make = Effect.gen(function* () {
  const { persist } = yield* WriteQueue
  const agents = yield* AgentRepo
  const ledger = yield* Ledger
  const openings = yield* Openings

  const members = ({ roomId }: Progress) => agents.members(roomId)

  const plan = Effect.fnUntraced(function* (progress: Progress, kind: PassInput["kind"], heard: ReadonlyArray<Heard>) {
    const present = yield* members(progress)
    const input = openings.passInput(progress, present, {
      pass: progress.planned.length,
      kind,
      mentioned: heard.flatMap((turn) => mentionedBy(turn, present)),
      last_speaker: heard.findLast(({ outcome }) => outcome === "replied")?.agent_id ?? null,
      someone_answers: false
    })
    progress.planned = [...progress.planned, input]
    progress.tape = [...progress.tape, ...planPass(input)]
    const { planned, roundId, tape } = progress
    yield* persist(ledger.plan({ id: roundId, planned_from: planned, tape }))
    return input
  })

  const take = (progress: Progress, input: PassInput) => {
    progress.pass = input.pass
    return input
  }

  const next = Effect.fnUntraced(function* (progress: Progress, kind: PassInput["kind"], heard: ReadonlyArray<Heard>) {
    const known = Option.fromNullable(progress.planned.find((it) => it.pass > progress.pass && it.kind === kind))
    return take(progress, Option.isSome(known) ? known.value : yield* plan(progress, kind, heard))
  })

  return {
    members,
    next,
    first: (progress) => next(progress, progress.trigger.kind === "message" ? "answer" : "follow_up", [])
  } satisfies Passes
})

/** Whom an agent named, but for itself. */
const mentionedBy = ({ agent_id, said }: Heard, present: ReadonlyArray<Member>) =>
  said === null ? [] : mentionsIn(said, present).ids.filter((id) => id !== agent_id)
