import { Chunk, Effect, Option, Stream } from "effect"
import { ProviderEvent } from "../../domain/Provider.ts"
import { type ProviderError, Unreadable } from "../../domain/ProviderError.ts"
import { namesOf } from "../../domain/ShownName.ts"
import { type Draft, heldBack } from "../LiveTurns.ts"
import { isOffered } from "../../personas/Tools.ts"
import * as StageDirections from "./StageDirections.ts"
import type { TurnSetting } from "./TurnSetting.ts"

const skipped = "the model skipped where its agent has to answer"

type Turn = Stream.Stream<ProviderEvent, ProviderError>

/**
 * What a model says as its agent: without the agent's own label, and up to where it speaks in another's name. A model
 * that writes `skip` has skipped, and has said nothing where its agent may not skip.
 */
export const speechOf = ({ agent, persona, provider, roster }: TurnSetting, draft: Draft) => {
  const others = roster.flatMap((member) => (member.id === agent.id ? [] : namesOf(member)))
  const who = { own: namesOf(agent), others, maySkip: isOffered(persona, "skip") }
  return (turn: Turn): Turn => (provider.isModel ? directed(turn, who, draft) : turn)
}

interface Who {
  readonly own: ReadonlyArray<string>
  readonly others: ReadonlyArray<string>
  readonly maySkip: boolean
}

const directed = (turn: Turn, { maySkip, others, own }: Who, draft: Draft): Turn =>
  Stream.fromPull(
    Effect.map(Stream.toPull(turn), (pull) => {
      let text = StageDirections.make(own, others)
      let failure: ProviderError | null = null
      let hasSpoken = false

      const say = (words: string) => {
        hasSpoken ||= words.trim() !== ""
        return words === "" ? [] : [ProviderEvent.TextDelta({ text: words })]
      }

      /** A session that holds a speech in another's name must not go on from it. */
      const last = (done: Extract<ProviderEvent, { readonly _tag: "Done" }>) =>
        text.cut() > heldBack ? ProviderEvent.Done({ ...done, sessionId: null }) : done

      const finish = (done: Extract<ProviderEvent, { readonly _tag: "Done" }>) =>
        Effect.suspend(() => {
          const rest = text.end()
          if (rest === null && !maySkip) return new Unreadable({ reason: skipped })
          if (rest === null) {
            draft.use("skip")
            return Effect.succeed([done])
          }
          const said = [...say(rest), last(done)]
          return text.cut() > 0 && !hasSpoken && !draft.skipped
            ? new Unreadable({ reason: "the model spoke in another's name" })
            : Effect.succeed(said)
        })

      /** What the model thinks has no directions. */
      const unsay = () => {
        const rest = say(text.end() ?? "")
        text = StageDirections.make(own, others)
        hasSpoken = false
        return rest
      }

      const hear = (event: ProviderEvent): Effect.Effect<ReadonlyArray<ProviderEvent>, ProviderError> => {
        if (event._tag === "Done") return finish(event)
        if (event._tag === "Unsaid") return Effect.succeed([...unsay(), event])
        if (event._tag === "ToolUse") text.pause()
        if (event._tag !== "TextDelta") return Effect.succeed([event])
        const said = say(text.hear(event.text))
        // The model is at it, though nobody hears it.
        return Effect.succeed(text.isCut() ? [...said, ProviderEvent.TextDelta({ text: "" })] : said)
      }

      const heard = Effect.flatMap(pull, (events) =>
        Effect.mapBoth(Effect.forEach(events, hear), {
          onSuccess: (all) => Chunk.unsafeFromArray(all.flat()),
          onFailure: Option.some
        })
      )

      return Effect.suspend(() => {
        if (failure !== null) return Effect.fail(Option.some(failure))
        return Effect.catchAll(heard, (why) => {
          const rest = text.end() ?? ""
          if (Option.isNone(why) || rest === "") return Effect.fail(why)
          // What was heard before is told first.
          failure = why.value
          return Effect.succeed(Chunk.unsafeFromArray(say(rest)))
        })
      })
    })
  )
