import { Effect, Option } from "effect"
import type { Crashed } from "../../../domain/ProviderError.ts"
import type { Answer } from "./Transport.ts"

/** The text of an answer: all of it, or its first bytes when there are more than the limit. */
export const text = (answer: Answer, limit: number): Effect.Effect<string, Crashed> =>
  Effect.suspend(() => {
    const parts: Array<Uint8Array> = []
    let size = 0
    const whole = () => Buffer.concat(parts).subarray(0, limit).toString()
    const rest: Effect.Effect<string, Option.Option<Crashed>> = Effect.flatMap(answer.read, (bytes) => {
      parts.push(...bytes)
      size += bytes.reduce((sum, { length }) => sum + length, 0)
      return size < limit ? rest : Effect.sync(whole)
    })
    return Effect.catchAll(
      rest,
      Option.match({ onNone: () => Effect.zipRight(answer.release, Effect.sync(whole)), onSome: Effect.fail })
    )
  })
