import { Chunk, Effect, Either, Option } from "effect"
import type { ProviderEvent } from "../../../domain/Provider.ts"
import type { ProviderError } from "../../../domain/ProviderError.ts"
import type { Tally, Told } from "../Tally.ts"
import type { Listener } from "./Protocol.ts"
import * as Sse from "./Sse.ts"
import type { Answer } from "./Transport.ts"

export type Events = Effect.Effect<Chunk.Chunk<ProviderEvent>, Option.Option<ProviderError>>

/** What an answer says, as it comes; fails with none at its end. What it takes is counted as it is heard. */
export const follow = <Message>(answer: Answer, listener: Listener<Message>, tally: Tally): Events => {
  const read = Sse.make()
  let failure: ProviderError | null = null
  let told: Told | null = null

  const count = () => {
    const latest = listener.told()
    if (latest === null || latest === told) return tally.heard(listener.heard())
    told = latest
    tally.told(latest, listener.heard())
  }

  const hear = (bytes: Uint8Array): ReadonlyArray<ProviderEvent> => {
    const events: Array<ProviderEvent> = []
    const found = read(bytes)
    if (Either.isLeft(found)) {
      failure ??= found.left
      return events
    }
    for (const data of found.right) {
      if (failure !== null || listener.isOver()) break
      const heard = listener.hear(data)
      count()
      if (Either.isLeft(heard)) failure = heard.left
      else events.push(...heard.right)
    }
    return events
  }

  return Effect.suspend(() => {
    // What was heard before is told first.
    if (failure !== null) return Effect.fail(Option.some(failure))
    if (listener.isOver()) return Effect.zipRight(answer.release, Effect.fail(Option.none()))
    return Effect.map(answer.read, (pieces) => Chunk.unsafeFromArray(pieces.flatMap(hear)))
  })
}
