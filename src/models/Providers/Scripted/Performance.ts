import { Array, Duration, Effect, Option, Stream } from "effect"
import { ProviderEvent, turnLimits, type TurnInput } from "../../../domain/Provider.ts"
import { type ProviderError, TooManyToolCalls } from "../../../domain/ProviderError.ts"
import { type Script, Step, type Way } from "./Script.ts"

export interface Stage {
  readonly callTool: TurnInput["callTool"]
  /** Draws from 0 up to 1. */
  readonly draw: () => number
  /** Adapts what the script says and thinks to the moment. */
  readonly fill: (text: string) => string
  /** Called with how many words have come, each time that it is more. */
  readonly spend: (words: number) => void
  readonly done: () => Extract<ProviderEvent, { readonly _tag: "Done" }>
}

type Next = Effect.Effect<ProviderEvent, Option.Option<ProviderError>>

const tooMany = new TooManyToolCalls({ of: "requests", most: turnLimits.requests })

const end: Next = Effect.fail(Option.none())

/** Plays a script as the turn of a model. */
export const perform = (script: Script, stage: Stage): Stream.Stream<ProviderEvent, ProviderError> =>
  Stream.suspend(() => {
    let ahead: Script = script
    let paceMs: number | null = null
    let unsaid: ReadonlyArray<ProviderEvent> = []
    let words = 0
    /** A model is asked again after its calls, when it has more to do. */
    let requests = 1
    let isAfterCall = false
    let isOver = false

    const breath = Effect.suspend(() => (paceMs ? Effect.sleep(Duration.millis(paceMs)) : Effect.void))

    /** Where there is a pace, a text is as many events as it has words. */
    const speak = (text: string, event: (text: string) => ProviderEvent): Next => {
      const whole = stage.fill(text)
      unsaid = (paceMs === null ? null : whole.match(/\s*\S+\s*/g))?.map(event) ?? [event(whole)]
      return next
    }

    const utter = ([first, ...rest]: readonly [ProviderEvent, ...ReadonlyArray<ProviderEvent>]): Next => {
      unsaid = rest
      stage.spend(++words)
      return Effect.as(breath, first)
    }

    const after = <E extends ProviderError>(wait: Effect.Effect<unknown, E>): Next =>
      Effect.zipRight(Effect.mapError(wait, Option.some), next)

    const finish = (how: Extract<Step, { readonly _tag: "Done" }>["how"]): Next => {
      isOver = true
      return Effect.sync(() => ProviderEvent.Done({ ...stage.done(), ...how() }))
    }

    const take = Step.$match({
      Say: ({ text }): Next => speak(text, (text) => ProviderEvent.TextDelta({ text })),
      Think: ({ text }): Next => speak(text, (text) => ProviderEvent.ThinkingDelta({ text })),
      Call: ({ input, name }): Next => {
        isAfterCall = true
        return Effect.as(stage.callTool(name, input), ProviderEvent.ToolUse({ name }))
      },
      Pace: ({ ms }): Next => {
        paceMs = ms
        return next
      },
      Pause: ({ ms }): Next => after(Effect.sleep(Duration.millis(ms))),
      Gate: ({ until }): Next => after(until),
      Either: ({ ways }): Next => {
        ahead = [...choose(ways, stage.draw()), ...ahead]
        return next
      },
      Fail: ({ error }): Next => Effect.fail(Option.some(error)),
      Hang: (): Next => Effect.never,
      Die: (): Next => Effect.dieMessage("as scripted"),
      Stop: (): Next => end,
      Done: ({ how }): Next => finish(how)
    })

    const next: Next = Effect.suspend(() => {
      if (isOver) return end
      if (Array.isNonEmptyReadonlyArray(unsaid)) return utter(unsaid)
      const [step = Step.Done({ how: () => ({}) }), ...rest] = ahead
      ahead = rest
      if (isAfterCall && (step._tag === "Say" || step._tag === "Think")) {
        isAfterCall = false
        if (++requests > turnLimits.requests) return Effect.fail(Option.some(tooMany))
      }
      return take(step)
    })

    stage.spend(words)

    return Stream.repeatEffectOption(next)
  })

const choose = (ways: ReadonlyArray<Way>, lot: number): Script => {
  let left = lot * ways.reduce((sum, { weight }) => sum + weight, 0)
  const way = ways.find(({ weight }) => (left -= weight) < 0)
  return (way ?? ways.at(-1))?.script ?? []
}
