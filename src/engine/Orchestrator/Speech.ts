import { Effect, Either, Option } from "effect"
import { type Events, ProviderEvent, type Session } from "../../domain/Provider.ts"
import { type ProviderError, Unreadable } from "../../domain/ProviderError.ts"
import { namesOf } from "../../domain/ShownName.ts"
import { type Draft, heldBack } from "../LiveTurns.ts"
import { isOffered } from "../../personas/Tools.ts"
import * as StageDirections from "./StageDirections.ts"
import type { TurnSetting } from "./TurnSetting.ts"

const skipped = "the model skipped where its agent has to answer"

type Turn = ReturnType<Session["turn"]>

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
  Effect.map(turn, (next): Events => {
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

    const finish = (done: Extract<ProviderEvent, { readonly _tag: "Done" }>) => {
      const rest = text.end()
      if (rest === null && !maySkip) return Either.left(new Unreadable({ reason: skipped }))
      if (rest === null) {
        draft.use("skip")
        return Either.right([done])
      }
      const said = [...say(rest), last(done)]
      return text.cut() > 0 && !hasSpoken && !draft.skipped
        ? Either.left(new Unreadable({ reason: "the model spoke in another's name" }))
        : Either.right(said)
    }

    /** What the model thinks has no directions. */
    const unsay = () => {
      const rest = say(text.end() ?? "")
      text = StageDirections.make(own, others)
      hasSpoken = false
      return rest
    }

    const hear = (event: ProviderEvent): Either.Either<ReadonlyArray<ProviderEvent>, ProviderError> => {
      if (event._tag === "Done") return finish(event)
      if (event._tag === "Unsaid") return Either.right([...unsay(), event])
      if (event._tag === "ToolUse") text.pause()
      if (event._tag !== "TextDelta") return Either.right([event])
      const said = say(text.hear(event.text))
      // The model is at it, though nobody hears it.
      return Either.right(text.isCut() ? [...said, ProviderEvent.TextDelta({ text: "" })] : said)
    }

    /** What was heard before a failure is told first. */
    const fail = (why: ProviderError, before: ReadonlyArray<ProviderEvent> = []) => {
      const all = [...before, ...say(text.end() ?? "")]
      if (all.length === 0) return Effect.fail(Option.some(why))
      failure = why
      return Effect.succeed(all)
    }

    const hearAll = (events: ReadonlyArray<ProviderEvent>) => {
      const all: Array<ProviderEvent> = []
      for (const event of events) {
        const heard = hear(event)
        if (Either.isLeft(heard)) return fail(heard.left, all)
        all.push(...heard.right)
      }
      return Effect.succeed(all)
    }

    const heard = Effect.matchEffect(next, {
      onFailure: Option.match({ onNone: () => Effect.fail(Option.none()), onSome: (why) => fail(why) }),
      onSuccess: hearAll
    })

    return Effect.suspend(() => (failure === null ? heard : Effect.fail(Option.some(failure))))
  })
