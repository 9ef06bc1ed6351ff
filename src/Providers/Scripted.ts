import { Array, Duration, Effect, Option, Order, Stream, Utils } from "effect"
import { type Provider, ProviderEvent, type SessionSpec, textOf, type TurnInput } from "../domain/Provider.ts"

/**
 * Plays a model without one: offline, and the same seat, turn and context give the same words. It answers with the
 * lines of the persona's own `## Lines`, always when a person spoke last and now and then when an agent did.
 */
export const make = (options: { readonly paceMs: number }): Provider => ({
  name: "scripted",
  isModel: false,
  takesImages: false,
  defaultModel: "scripted-1",
  remembers: true,
  takes: "connection",
  models: Effect.succeed([{ id: "scripted-1", name: "Scripted" }]),
  open: (spec) =>
    Effect.sync(() => {
      let turns = Option.getOrElse(turnsBefore(spec), () => 0)
      return {
        pid: null,
        turn: (input) =>
          Stream.suspend(() => {
            turns++
            return perform(spec, input, turns, options.paceMs)
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

const perform = (spec: SessionSpec, input: TurnInput, turns: number, paceMs: number): Stream.Stream<ProviderEvent> => {
  const { roomId, agentId } = spec.seat
  const random = new Utils.PCGRandom(roomId * 7919 + agentId, turns)
  const speaker = lastSpeaker(textOf(input))
  const done = (outputTokens: number) =>
    ProviderEvent.Done({
      sessionId: idOf(spec, turns),
      model: spec.model,
      usage: { inputTokens: 0, outputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0 }
    })
  if (!speaker.isPerson && random.number() < 0.6) {
    const skip = Effect.as(input.callTool("skip", {}), ProviderEvent.ToolUse({ name: "skip" }))
    return Stream.concat(Stream.fromEffect(skip), Stream.make(done(0)))
  }
  const words = reply(spec, turns, speaker.name).match(/\S+\s*/g) ?? []
  const say = (text: string) => Effect.as(Effect.sleep(Duration.millis(paceMs)), ProviderEvent.TextDelta({ text }))
  return Stream.concat(Stream.mapEffect(Stream.fromIterable(words), say), Stream.make(done(words.length)))
}

/** The lines in an order of the seat's own, so that none comes twice before all were heard. */
const reply = (spec: SessionSpec, turns: number, speaker: string) => {
  const lines = linesOf(spec.systemPrompt)
  const order = new Utils.PCGRandom(spec.seat.roomId * 104_729 + spec.seat.agentId)
  const mixed = Array.sortWith(
    lines.map((line) => ({ line, at: order.number() })),
    ({ at }) => at,
    Order.number
  )
  const line = mixed[(turns - 1) % mixed.length]?.line ?? `${spec.agentName} nods.`
  return line.replaceAll("{speaker}", speaker)
}

const linesOf = (prompt: string) => {
  const [, section = ""] = /^## Lines\s*\n((?:\s*[-*] .*(?:\n|$))+)/m.exec(prompt) ?? []
  const lines = [...section.matchAll(/^\s*[-*] (.+)$/gm)].flatMap(([, line]) => line ?? [])
  return lines.length > 0 ? lines : ["I am listening.", "Tell me more, {speaker}.", "I would like to think about that."]
}

const lastSpeaker = (text: string) => {
  const mark = /begin with (\S+) come/.exec(text)?.[1]
  const labels = [...text.matchAll(/^(\S+) (.+) \((person|agent)[^)]*\):$/gm)].filter(([, found]) => found === mark)
  const [, , name = "you", kind = "person"] = labels.at(-1) ?? []
  return { name, isPerson: kind === "person" }
}
