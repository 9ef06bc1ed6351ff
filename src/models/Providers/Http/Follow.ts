import { Effect, Either, Option } from "effect"
import type { Events, ProviderEvent } from "../../../domain/Provider.ts"
import type { ProviderError } from "../../../domain/ProviderError.ts"
import { finishOf } from "../Finish.ts"
import type { Tally, Told } from "../Tally.ts"
import type { Listener } from "./Protocol.ts"
import * as Sse from "./Sse.ts"
import type { Answer } from "./Transport.ts"
import type { Voice } from "./Voice.ts"

const over = Effect.fail(Option.none())

/** How long an answer that is whole is waited for, should its account still come. */
const patience = "5 seconds"

/** True where the vendor says in its answer that it does not carry the request out; a filter may have read one. */
const isRefusal = (failure: ProviderError | null) =>
  failure !== null && failure._tag !== "Crashed" && failure._tag !== "Refused"

/** What an answer says, as it comes; fails with none at its end. What it takes is counted as it is heard. */
export const follow = <Message>(answer: Answer, listener: Listener<Message>, tally: Tally, voice: Voice): Events => {
  const sse = Sse.make()
  let failure: ProviderError | null = null
  let told: Told | null = null
  let isEnded = false
  voice.begin()

  const count = () => {
    const latest = listener.told()
    if (latest === null || latest === told) return tally.heard(listener.heard())
    told = latest
    tally.told(latest, listener.heard())
  }

  const hear = (found: ReturnType<typeof sse.read>): ReadonlyArray<ProviderEvent> => {
    if (Either.isLeft(found)) {
      failure ??= found.left
      return []
    }
    const events: Array<ProviderEvent> = []
    for (const { data, name } of found.right) {
      if (failure !== null || listener.isOver()) break
      const heard = listener.hear(data, name)
      count()
      if (Either.isLeft(heard)) failure = heard.left
      else events.push(...heard.right)
    }
    return voice.hear(events)
  }

  const hasStopped = () =>
    Option.exists(Either.getRight(listener.outcome()), ({ finish }) => finishOf(finish) === "stop")

  /** Nothing more comes, or need come; what there was of words is told, however it ended. */
  const end = (why: ProviderError | null) =>
    Effect.sync(() => {
      isEnded = true
      const rest = hear(sse.rest())
      const last = [...rest, ...voice.end(hasStopped())]
      failure = listener.isWhole() ? null : (failure ?? why)
      if (listener.isWhole()) tally.over()
      else if (told === null && listener.heard() === 0 && isRefusal(failure)) tally.refused()
      return last
    })

  const read = Effect.suspend(() =>
    listener.isWhole()
      ? Effect.timeoutFail(answer.read, { duration: patience, onTimeout: () => Option.none() })
      : answer.read
  )

  return Effect.suspend(() => {
    // What was heard before is told first.
    if (isEnded) return failure === null ? over : Effect.fail(Option.some(failure))
    if (failure !== null) return end(failure)
    if (listener.isOver()) return Effect.zipRight(answer.release, end(null))
    return read.pipe(
      Effect.matchEffect({
        onFailure: (why) => end(Option.getOrNull(why)),
        onSuccess: (pieces) => Effect.succeed(pieces.flatMap((bytes) => hear(sse.read(bytes))))
      })
    )
  })
}
