import { Array, Effect, Either, Option, Order, Utils } from "effect"
import {
  type Events,
  type Provider,
  ProviderEvent,
  type SessionSpec,
  textOf,
  type TurnInput
} from "../../domain/Provider.ts"
import * as ModelTraits from "../../domain/ModelTraits.ts"
import { InvalidRequest, type ProviderError } from "../../domain/ProviderError.ts"
import { parse } from "./Scripted/Parse.ts"
import { perform } from "./Scripted/Performance.ts"
import * as Script from "./Scripted/Script.ts"

/** A turn that is asked for. */
export interface Call {
  readonly spec: SessionSpec
  readonly input: TurnInput
  /** Of the session, from 1; goes on when the session is resumed. */
  readonly turn: number
}

export interface ScriptedConfig {
  readonly paceMs: number
  /** What is done in each turn, in place of what the persona says about it; paced only where it says so. */
  readonly script?: (call: Call) => Script.Script | Effect.Effect<Script.Script, ProviderError>
}

/**
 * Plays a model without one: offline, and the same seat, turn and context give the same words. It plays the persona's
 * own `## Script`, turn by turn, over and over; README tells the language. Without one it answers with the lines of the
 * persona's `## Lines`, always when a person spoke last and now and then when an agent did.
 */
export const make = (config: ScriptedConfig): Provider => ({
  name: "scripted",
  isModel: false,
  takesImages: false,
  defaultModel: "scripted-1",
  remembers: true,
  takes: "connection",
  traits: ModelTraits.make(),
  models: Effect.succeed([{ id: "scripted-1", name: "Scripted" }]),
  open: (spec) =>
    Effect.sync(() => {
      let turns = Option.getOrElse(turnsBefore(spec), () => 0)
      return {
        pid: null,
        turn: (input) =>
          Effect.suspend(() => {
            turns++
            return play(config, { spec, input, turn: turns })
          })
      }
    })
})

const idOf = ({ seat }: SessionSpec, turns: number) => `scripted-${seat.key}-${turns}`

const turnsBefore = (spec: SessionSpec) =>
  Option.flatMap(Option.fromNullable(spec.resume), (id) => {
    const turns = Number(id.slice(id.lastIndexOf("-") + 1))
    return id === idOf(spec, turns) ? Option.some(turns) : Option.none()
  })

const play = (config: ScriptedConfig, call: Call): Effect.Effect<Events, ProviderError> => {
  const { input, spec, turn } = call
  const speaker = lastSpeaker(textOf(input))
  const { agentId, roomId } = spec.seat
  const random = new Utils.PCGRandom(roomId * 7919 + agentId, turn)
  const stage = {
    callTool: input.callTool,
    draw: () => random.number(),
    fill: (text: string) => text.replaceAll("{speaker}", speaker.name),
    spend: (words: number) =>
      input.spend({
        usage: { inputTokens: 0, outputTokens: words, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0 },
        isWhole: true
      }),
    done: () =>
      ProviderEvent.Done({ sessionId: idOf(spec, turn), model: spec.model, finish: "stop", finishReason: null })
  }
  const given = config.script?.(call) ?? scriptOf(config, call, speaker.isPerson, random)
  return Effect.map(Effect.isEffect(given) ? given : Effect.succeed(given), (script) => perform(script, stage))
}

const scriptOf = (
  { paceMs }: ScriptedConfig,
  { spec, turn }: Call,
  isAsked: boolean,
  random: Utils.PCGRandom
): Script.Script => {
  const own = ownScript(spec.systemPrompt)
  if (own === undefined) {
    return !isAsked && random.number() < 0.6
      ? [Script.call("skip")]
      : [Script.pace(paceMs), Script.say(line(spec, turn))]
  }
  return Either.match(parse(own), {
    onLeft: (problem) => [
      Script.fail(new InvalidRequest({ reason: `the script of ${spec.agentName} is broken in ${problem}` }))
    ],
    onRight: (turns) => [Script.pace(paceMs), ...(turns[(turn - 1) % turns.length] ?? [])]
  })
}

const ownScript = (prompt: string) => /^## Script[ \t]*\n([^]*?)(?=^#{1,6} |$(?![^]))/m.exec(prompt)?.[1]

/** The lines in an order of the seat's own, so that none comes twice before all were heard. */
const line = (spec: SessionSpec, turn: number) => {
  const lines = linesOf(spec.systemPrompt)
  const order = new Utils.PCGRandom(spec.seat.roomId * 104_729 + spec.seat.agentId)
  const mixed = Array.sortWith(
    lines.map((line) => ({ line, at: order.number() })),
    ({ at }) => at,
    Order.number
  )
  return mixed[(turn - 1) % mixed.length]?.line ?? `${spec.agentName} nods.`
}

const linesOf = (prompt: string) => {
  const [, section = ""] = /^## Lines\s*\n((?:\s*[-*] .*(?:\n|$))+)/m.exec(prompt) ?? []
  const lines = [...section.matchAll(/^\s*[-*] (.+)$/gm)].flatMap(([, line]) => line?.trimStart() ?? [])
  return lines.length > 0 ? lines : ["I am listening.", "Tell me more, {speaker}.", "I would like to think about that."]
}

const lastSpeaker = (text: string) => {
  const mark = /begin with (\S+) come/.exec(text)?.[1]
  const labels = [...text.matchAll(/^(\S+) (.+) \((person|agent)[^)]*\):$/gm)].filter(([, found]) => found === mark)
  const [, , name = "you", kind = "person"] = labels.at(-1) ?? []
  return { name, isPerson: kind === "person" }
}
