import { Array, Duration, Effect, Option } from "effect"
import { type Events, ProviderEvent, turnLimits, type TurnInput } from "../../../domain/Provider.ts"
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

const tooMany = new TooManyToolCalls({ of: "requests", most: turnLimits.requests })

const end: Events = Effect.fail(Option.none())

/** Plays a script as the turn of a model, once. */
export const perform = (script: Script, stage: Stage): Events => {
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
  const speak = (text: string, event: (text: string) => ProviderEvent): Events => {
    const whole = stage.fill(text)
    unsaid = (paceMs === null ? null : whole.match(/\s*\S+\s*/g))?.map(event) ?? [event(whole)]
    return next
  }

  const utter = ([first, ...rest]: readonly [ProviderEvent, ...ReadonlyArray<ProviderEvent>]): Events => {
    unsaid = rest
    stage.spend(++words)
    return Effect.as(breath, [first])
  }

  const after = <E extends ProviderError>(wait: Effect.Effect<unknown, E>): Events =>
    Effect.zipRight(Effect.mapError(wait, Option.some), next)

  const finish = (how: Extract<Step, { readonly _tag: "Done" }>["how"]): Events => {
    isOver = true
    return Effect.sync(() => [ProviderEvent.Done({ ...stage.done(), ...how() })])
  }

  const take = Step.$match({
    Say: ({ text }): Events => speak(text, (text) => ProviderEvent.TextDelta({ text })),
    Think: ({ text }): Events => speak(text, (text) => ProviderEvent.ThinkingDelta({ text })),
    Call: ({ input, name }): Events => {
      isAfterCall = true
      return Effect.as(stage.callTool(name, input), [ProviderEvent.ToolUse({ name })])
    },
    Pace: ({ ms }): Events => {
      paceMs = ms
      return next
    },
    Pause: ({ ms }): Events => after(Effect.sleep(Duration.millis(ms))),
    Gate: ({ until }): Events => after(until),
    Either: ({ ways }): Events => {
      ahead = [...choose(ways, stage.draw()), ...ahead]
      return next
    },
    Fail: ({ error }): Events => Effect.fail(Option.some(error)),
    Hang: (): Events => Effect.never,
    Die: (): Events => Effect.dieMessage("as scripted"),
    Stop: (): Events => end,
    Done: ({ how }): Events => finish(how)
  })

  const next: Events = Effect.suspend(() => {
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

  return next
}

const choose = (ways: ReadonlyArray<Way>, lot: number): Script => {
  let left = lot * ways.reduce((sum, { weight }) => sum + weight, 0)
  const way = ways.find(({ weight }) => (left -= weight) < 0)
  return (way ?? ways.at(-1))?.script ?? []
}
