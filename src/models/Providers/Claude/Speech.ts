import { Effect, Option } from "effect"
import { type Events, ProviderEvent, type SessionSpec, type TurnInput } from "../../../domain/Provider.ts"
import type { KnownModels } from "../../../domain/ModelTraits.ts"
import type { ProviderError } from "../../../domain/ProviderError.ts"
import { callerOf } from "../Http/Tools.ts"
import * as Voice from "../Http/Voice.ts"
import { silence } from "../Silence.ts"

type Done = Extract<ProviderEvent, { readonly _tag: "Done" }>

/**
 * What a turn says aloud, of the next event and the next. A call that the model writes as text is carried out; what
 * comes of it the model is not told, for its client would take that for another turn.
 */
export const speechOf = ({ model, tools }: SessionSpec, traits: KnownModels) => {
  const call = callerOf(tools)
  return (heard: Effect.Effect<ProviderEvent, ProviderError>, callTool: TurnInput["callTool"]): Events => {
    const voice = Voice.make(Voice.habitOf(traits, model), tools)
    voice.begin()
    /** How the turn ends, once what was held back is told. */
    let last: Done | ProviderError | null = null
    let isOver = false

    const finish = Effect.fnUntraced(function* (done: Done) {
      const events = [...voice.end(done.finish === "stop")]
      const calls = done.finish === "stop" ? voice.written() : []
      for (const it of calls) {
        const { result, wasCalled } = yield* call({ ...it, id: "" }, callTool)
        if (wasCalled) events.push(ProviderEvent.ToolUse({ name: it.name }))
        if (result.endsTurn === true) break
      }
      const isSilent = !voice.hasSpoken() && calls.length === 0 && done.finishReason !== "tool_use"
      const ended = { finish: done.finishReason, refusal: "", isGarbled: voice.isCut() }
      last = isSilent ? silence(ended, voice.hasThought()) : done
      return events
    })

    const said = (event: ProviderEvent) => {
      if (event._tag === "Done") return finish(event)
      if (event._tag !== "ToolUse") return Effect.succeed(voice.hear([event]))
      // The model's next answer begins.
      const rest = voice.end(true)
      voice.begin()
      return Effect.succeed([...rest, event])
    }

    const broke = (error: ProviderError) =>
      Effect.sync(() => {
        last = error
        return voice.end(false)
      })
    const next = Effect.catchAll(Effect.flatMap(heard, said), broke)

    return Effect.suspend(() => {
      if (isOver) return Effect.fail(Option.none())
      if (last === null) return next
      isOver = true
      return last._tag === "Done" ? Effect.succeed([last]) : Effect.fail(Option.some(last))
    })
  }
}
