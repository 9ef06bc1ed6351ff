import { type Context, DateTime, Effect } from "effect"
import type { Persona } from "../domain/Persona.ts"
import type { ToolResult, ToolSpec } from "../domain/Provider.ts"
import type { RoomId } from "../domain/RoomId.ts"
import { shownName } from "../domain/ShownName.ts"
import { derived } from "../lib/derived.ts"
import { expand } from "../lib/particles.ts"
import { cut } from "../lib/text.ts"
import type { Memory } from "./Memory.ts"

/** Advice on taking part in a conversation of several; what the `guidelines` tool gives. */
export const guidelines = `How to take part well

- Read what was said last, and answer that. Someone who was asked something by name should answer first.
- Add one thing that is not there yet: a fact, a doubt, a feeling, a question. Agreement alone can stay silent.
- Keep to the length of the conversation. Most turns are a few sentences; a speech needs a reason.
- Let others have their turn. Ask by name when you want to hear somebody, and do not answer for them.
- Disagree with what was said, not with who said it. Change your mind aloud when somebody is right.
- Stay who you are: your own words, habits and limits. What you do not know you may wonder about or leave open.
- Do not repeat yourself, and do not sum up what everybody has just heard.
- When the talk goes in circles, bring something new: a question, an event, an example. When it is over, let it end.`

const defaults: Readonly<Record<string, Omit<ToolSpec, "name">>> = {
  skip: {
    description: "Stay silent this time. Call it when {agent_name} has nothing to add, and write no text.",
    parameters: {}
  },
  memorize: {
    description:
      "Keep something that {agent_name} should still know later: a promise, a name, a turn of events. " +
      "One entry is one short sentence.",
    parameters: { memory_entry: "What to remember, in the third person, on one line of at most 500 characters" }
  },
  recall: {
    description: "Bring back one of {agent_name}'s long-term memories in full.",
    parameters: { subtitle: "The memory's subtitle, as the list of long-term memories has it" }
  },
  current_time: { description: "Tells the present date and time, in UTC.", parameters: {} },
  guidelines: { description: "Gives short advice on taking part well in a conversation of several.", parameters: {} }
}

/** Of all tools that an agent can have. */
export const toolNames: ReadonlySet<string> = new Set(Object.keys(defaults))

/** The tools of this agent, in a fixed order, with its group's wording; `recall` only where there is something. */
export const toolSpecs = derived((persona: Persona): ReadonlyArray<ToolSpec> =>
  Object.entries(defaults).flatMap(([name, spec]) => {
    const { description = spec.description, enabled = true } = persona.tools[name] ?? {}
    const useful = name !== "recall" || persona.memories.length > 0
    const text = expand(description, { agent_name: shownName(persona) })
    return enabled && useful ? [{ name, description: text, parameters: spec.parameters }] : []
  })
)

/** Whether the agent has the tool. */
export const isOffered = (persona: Persona, tool: string) => toolSpecs(persona).some(({ name }) => name === tool)

/** The agent as if it could not stay silent. */
export const withoutSkip = derived((persona: Persona): Persona => ({
  ...persona,
  tools: { ...persona.tools, skip: { ...persona.tools["skip"], enabled: false } }
}))

const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

const clock = (now: DateTime.Utc) =>
  `${days[DateTime.getPartUtc(now, "weekDay")]}, ${DateTime.formatIso(now).slice(0, 16).replace("T", " ")} UTC`

const done = (text: string): ToolResult => ({ text, isError: false })
const refused = (text: string): ToolResult => ({ text, isError: true })

interface Caller {
  readonly persona: Persona
  readonly room: { readonly id: RoomId; readonly name: string }
}

/** As much as a model is given of a result: a long memory is not to push out the conversation. In characters. */
const longest = 20_000

const bounded = ({ text, ...result }: ToolResult): ToolResult => {
  const kept = cut(text, longest)
  const note = `\n\n[Cut here: these are the first ${kept.length} of ${text.length} characters.]`
  return { ...result, text: kept === text ? text : `${kept}${note}` }
}

/** Does what a tool says, for one agent in one room. Never fails: the model is told what went wrong. */
export const callTool = (memory: Context.Tag.Service<Memory>, caller: Caller) => {
  const answer = answerOf(memory, caller)
  return (name: string, input: Readonly<Record<string, string>>) => Effect.map(answer(name, input), bounded)
}

const answerOf =
  (memory: Context.Tag.Service<Memory>, { persona, room }: Caller) =>
  (name: string, input: Readonly<Record<string, string>>): Effect.Effect<ToolResult> => {
    const reply = (fallback: string, values: Readonly<Record<string, string>> = {}) =>
      done(expand(persona.tools[name]?.response ?? fallback, { ...values, agent_name: shownName(persona) }))
    const entry = input["memory_entry"] ?? ""
    if (!isOffered(persona, name)) return Effect.succeed(refused(`There is no tool ${name}.`))
    switch (name) {
      case "skip":
        return Effect.succeed({
          ...reply("{agent_name} stays silent this time. Write nothing more."),
          endsTurn: true
        })
      case "memorize":
        return memory.memorize({ persona, room, entry }).pipe(
          Effect.map(() => reply("Remembered: {memory_entry}", { memory_entry: entry })),
          Effect.catchAll(({ detail }) => Effect.succeed(refused(detail)))
        )
      case "recall":
        return memory.recall(persona, input["subtitle"] ?? "").pipe(
          Effect.map(done),
          Effect.catchAll(({ message }) => Effect.succeed(refused(message)))
        )
      case "current_time":
        return Effect.map(DateTime.now, (now) => done(clock(now)))
      default:
        return Effect.succeed(reply(guidelines))
    }
  }
