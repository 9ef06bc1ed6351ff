import { Effect } from "effect"
import { stringify } from "../../../src/lib/json.ts"
import type { ProviderError } from "../../../src/domain/ProviderError.ts"
import type { Script, Step } from "../../../src/models/Providers/Scripted/Script.ts"
import * as Answer from "./Answer.ts"
import * as Faults from "./Faults.ts"
import type { Content, Cut, Piece, Reply } from "./Protocol.ts"

type Part = Content | Effect.Effect<void, Cut>

/** The answers to which a script comes over the wire: the model is asked again after each call of tools. */
export const replies = (script: Script): ReadonlyArray<Reply> => {
  const answers: Array<Array<Step>> = []
  let isAfterCall = true
  for (const step of script) {
    if (step._tag === "Done") continue
    if (isAfterCall && step._tag !== "Call") answers.push([])
    if (answers.length === 0) answers.push([])
    answers.at(-1)?.push(step)
    isAfterCall = step._tag === "Call"
  }
  return answers.map(reply)
}

const reply = (steps: ReadonlyArray<Step>): Reply => {
  const [first] = steps
  if (first?._tag === "Fail") return refusal(first.error)
  if (first?._tag === "Hang") return Faults.silence
  if (first?._tag === "Die") return Faults.hangUp
  return Answer.answer(...parts(steps))
}

const refusal = (error: ProviderError): Reply => {
  switch (error._tag) {
    case "RateLimited":
      return Faults.refuse(429, waiting(error.retryAfterMs))
    case "Overloaded":
      return Faults.refuse(529, waiting(error.retryAfterMs))
    case "Unauthorized":
      return Faults.refuse(401)
    case "InvalidRequest":
      return Faults.refuse(400)
    default:
      return Answer.answer(Faults.garbage)
  }
}

const waiting = (ms: number | null): Readonly<Record<string, string>> =>
  ms === null ? {} : { "retry-after": String(ms / 1000) }

/** What belongs to one block comes together, with all that is waited for in it. */
const parts = (steps: ReadonlyArray<Step>) => {
  const found: Array<Part> = []
  const grow = (kind: Content["kind"], piece: Piece) => {
    const last = found.at(-1)
    if (last === undefined || Effect.isEffect(last) || last.kind !== kind) {
      found.push({ kind, name: "", id: null, pieces: [piece] })
    } else found.splice(-1, 1, { ...last, pieces: [...last.pieces, piece] })
  }
  const wait = (effect: Effect.Effect<void, Cut>) => {
    const last = found.at(-1)
    if (last === undefined || Effect.isEffect(last)) found.push(effect)
    else grow(last.kind, effect)
  }
  for (const step of steps) {
    if (step._tag === "Say") grow("text", step.text)
    else if (step._tag === "Think") grow("thinking", step.text)
    else if (step._tag === "Call") found.push(Answer.toolUse(step.name, stringify(step.input)))
    else wait(waited(step))
  }
  return found
}

const waited = (step: Step): Effect.Effect<void, Cut> => {
  switch (step._tag) {
    case "Gate":
      return Effect.orDie(Effect.asVoid(step.until))
    case "Pause":
      return Effect.sleep(step.ms)
    case "Hang":
      return Effect.never
    case "Fail":
      return step.error._tag === "Overloaded" ? Faults.overload : Faults.garbage
    case "Die":
      return Faults.cut
    case "Stop":
      return Faults.fallSilent
    default:
      return Effect.dieMessage(`a stand-in cannot play ${step._tag}`)
  }
}
