import { Effect, Option } from "effect"
import { WriteQueue } from "../../store/WriteQueue.ts"
import { Closing } from "../../process/Closing.ts"
import { hear } from "../../models/Deadlines.ts"
import { ProviderEvent, type Session, type TurnInput } from "../../domain/Provider.ts"
import type { ContextExceeded, ProviderError } from "../../domain/ProviderError.ts"
import type { ModelTraits } from "../../domain/ModelTraits.ts"
import type { Spending, Usage } from "../../domain/Usage.ts"
import { Gates } from "../../models/Gates.ts"
import type { Draft } from "../LiveTurns.ts"
import { Memory } from "../../personas/Memory.ts"
import { SdkPool } from "../../models/SdkPool.ts"
import { LiveSettings } from "../../process/Settings.ts"
import * as GenAi from "../../telemetry/GenAi.ts"
import { callTool } from "../../personas/Tools.ts"
import type { Brief, Briefs } from "./Briefs.ts"
import * as Shorter from "./Shorter.ts"
import { speechOf } from "./Speech.ts"
import * as TurnLimits from "./TurnLimits.ts"
import type { TurnSetting } from "./TurnSetting.ts"
import { Sessions } from "../../store/Sessions.ts"
import type { TurnError } from "../../domain/TurnError.ts"
import type { Done } from "./Verdict.ts"

interface Spoken {
  readonly done: Done
  /** What the model was given in the end. */
  readonly brief: Brief
}

/** The model's side of a turn. */
export interface ModelCall {
  /**
   * Passes the provider's gate, leases the seat's client and lets the agent speak into the draft, within the deadlines.
   * A session that is lost is opened anew from the log; images that the model refuses are left out, and so are the
   * oldest messages of a conversation that is too long for it, twice at most. `begun` is run whenever the model brings
   * forth something.
   */
  readonly attempt: (
    setting: TurnSetting,
    brief: Brief,
    draft: Draft,
    begun: () => void
  ) => Effect.Effect<Spoken, TurnError>
}

// Nobody waits for what agents say by themselves; the scheduler has them try again.
const agentsPatienceMs = 60_000

/** How often a turn is told in another way after a refusal. */
const mostOthers = 6

export const make = Effect.fnUntraced(function* ({ briefs }: { readonly briefs: Briefs }) {
  const { current } = yield* LiveSettings
  const closing = yield* Closing
  const queue = yield* WriteQueue
  const gates = yield* Gates
  const sessions = yield* Sessions
  const pool = yield* SdkPool
  const memory = yield* Memory
  const stuck = Shorter.makeStuck()

  const deadlines = () => {
    const { FIRST_TOKEN_TIMEOUT, IDLE_TIMEOUT, TURN_TIMEOUT } = current()
    return { firstTokenMs: FIRST_TOKEN_TIMEOUT * 1000, idleMs: IDLE_TIMEOUT * 1000, totalMs: TURN_TIMEOUT * 1000 }
  }

  const toolsOf = ({ persona, room }: TurnSetting, draft: Draft): TurnInput["callTool"] => {
    const call = callTool(memory, { persona, room })
    return (name, input) =>
      GenAi.executeTool(
        name,
        Effect.suspend(() => (draft.use(name) ? call(name, input) : Effect.succeed(alreadyHeard)))
      )
  }

  const listen = (draft: Draft) =>
    ProviderEvent.$match({
      TextDelta: ({ text }) => draft.say(text),
      ThinkingDelta: ({ text }) => draft.think(text),
      Unsaid: () => draft.unsay(),
      Unthought: ({ characters }) => draft.unthink(characters),
      ToolUse: () => {},
      Done: () => {}
    })

  const patienceOf = (priority: TurnSetting["priority"]) =>
    Math.min(current().PROVIDER_PATIENCE_SECONDS * 1000, priority === "agents" ? agentsPatienceMs : Infinity)

  /** On one session: from the lease to the provider's last event. */
  const converse = (
    setting: TurnSetting,
    brief: Brief,
    draft: Draft,
    { answered, hold }: { readonly answered: () => void; readonly hold: NonNullable<TurnInput["hold"]> }
  ) => {
    const limits = TurnLimits.make(toolsOf(setting, draft), draft)
    const listened = listen(draft)
    let taken: Usage | null = null
    const spend = (spending: Spending) => {
      taken = spending.usage
      draft.spend(spending)
    }
    const hearOut = (session: Session) =>
      hear(deadlines())(
        speechOf(setting, draft)(session.turn({ ...brief.input, callTool: limits.callTool, hold, spend })),
        (event) => {
          answered()
          listened(event)
          return limits.broken()
        }
      )
    return Effect.flatMap(pool.lease(setting.provider, brief.spec, setting.priority), hearOut).pipe(
      Effect.flatMap(Option.filter(ProviderEvent.$is("Done"))),
      Effect.catchTag("NoSuchElementException", () => Effect.dieMessage("the provider ended a turn without Done")),
      Effect.scoped,
      Effect.tap((done) => GenAi.answered(done, draft.firstTokenMs)),
      Effect.onExit(() => Effect.suspend(() => GenAi.took(taken))),
      Effect.map((done) => ({ done, brief })),
      GenAi.chat({ agent: setting.agent.name, model: setting.model, provider: setting.provider.name })
    )
  }

  const speak = (setting: TurnSetting, brief: Brief, draft: Draft, begun: () => void) =>
    gates.pass(
      (answered, hold) =>
        Effect.suspend(() => {
          draft.ask()
          return converse(setting, brief, draft, {
            answered: () => {
              answered()
              begun()
            },
            hold: (error) => Effect.map(hold(error), draft.goOn)
          })
        }),
      {
        provider: setting.provider.name,
        model: setting.model,
        priority: setting.priority,
        patienceMs: patienceOf(setting.priority),
        // An answer that came whole and holds nothing is not paid for again.
        canRetry: ({ _tag }) => (_tag === "Unreadable" ? draft.isUntouched : draft.isUnheard),
        waiting: (why) => Effect.sync(() => draft.wait(why)),
        leave: closing.await
      }
    )

  /** What the model is told where it knows nothing yet; none where that is nothing. */
  const anew = (setting: TurnSetting) =>
    Effect.zipRight(queue.persist(sessions.drop(setting.room.id, setting.agent.id)), briefs.make(setting))

  /** A conversation that is refused however short it becomes tells nothing of how much the model reads. */
  const unlearn = ({ model, provider }: TurnSetting, { bytes_per_token, context_tokens }: ModelTraits) =>
    Effect.sync(() => provider.traits.keep({ ...provider.traits.of(model), bytes_per_token, context_tokens }))

  const spareImages = ({ model, provider }: TurnSetting) =>
    Effect.sync(() => provider.traits.keep({ ...provider.traits.of(model), takes_images: false }))

  return {
    attempt: (setting, brief, draft, begun) => {
      const tell = (setting: TurnSetting, brief: Brief, others: number, cuts: number): Told => {
        const again = (setting: TurnSetting, error: ProviderError, cuts: number) =>
          Effect.flatMap(
            anew(setting),
            Option.match({
              onNone: () => Effect.fail(error),
              onSome: (brief) => tell(setting, brief, others + 1, cuts)
            })
          )
        // What was said or done already must not be said or done twice.
        const mayTell = () => draft.isUntouched && others < mostOthers
        const hasImages = brief.input.images.length > 0

        /** Where there is nothing to leave out, the model is not asked the same again. */
        const cut = (error: ContextExceeded, cuts: number, isFirst = true): Told =>
          Effect.gen(function* () {
            Shorter.learn(setting, brief, error, cuts)
            const next = Option.filter(yield* anew(setting), (next) => Shorter.isShorter(next, brief, setting))
            if (Option.isSome(next)) return yield* tell(setting, next.value, others + 1, cuts)
            // By the size that the refusal tells it should have fitted.
            if (isFirst) return yield* cut(error, cuts, false)
            return yield* hasImages ? again(Shorter.sightless(setting), error, cuts) : error
          })
        const otherwise = (error: ProviderError): Option.Option<Told> => {
          if (!mayTell()) return Option.none()
          switch (error._tag) {
            case "SessionLost":
              return Option.some(again(setting, error, cuts))
            case "ImagesRefused":
              return Option.some(Effect.zipRight(spareImages(setting), again(setting, error, cuts)))
            case "ContextExceeded":
              if (cuts === Shorter.mostCuts) return Option.none()
              // What a shorter conversation does not mend may be the pictures.
              if (cuts > 0 && hasImages) return Option.some(again(Shorter.sightless(setting), error, cuts + 1))
              return Option.some(cut(error, cuts + 1))
            // An image that the provider will not take must not silence the agent, now and whenever it is told anew.
            case "InvalidRequest":
              return hasImages ? Option.some(again(Shorter.sightless(setting), error, cuts)) : Option.none()
            // Where the same goes well without them, it is the pictures that the server fails at, each time anew.
            case "ServerFailed":
              return hasImages
                ? Option.some(Effect.tap(again(Shorter.sightless(setting), error, cuts), () => spareImages(setting)))
                : Option.none()
            default:
              return Option.none()
          }
        }
        return Effect.catchSome(speak(setting, brief, draft, begun), (error) =>
          error._tag === "PoolBusy" ? Option.none() : otherwise(error)
        )
      }

      const known = setting.provider.traits.of(setting.model)
      const toldAnew = (setting: TurnSetting, cuts: number) =>
        Effect.flatMap(anew(setting), (found) =>
          tell(
            setting,
            Option.getOrElse(found, () => brief),
            0,
            cuts
          )
        )
      const told = Effect.suspend(() => {
        const state = stuck.of(setting)
        if (state === null) return tell(setting, brief, 0, 0)
        return state === "eased" ? toldAnew(setting, 0) : toldAnew(Shorter.barest(setting), Shorter.mostCuts)
      })
      return told.pipe(
        Effect.tap(() => Effect.sync(() => stuck.answered(setting))),
        Effect.tapErrorTag("ContextExceeded", () =>
          Effect.zipRight(
            unlearn(setting, known),
            Effect.sync(() => stuck.refused(setting))
          )
        )
      )
    }
  } satisfies ModelCall
})

type Told = Effect.Effect<Spoken, TurnError>

const alreadyHeard = { text: "You have already been heard. Finish what you were saying.", isError: true }
