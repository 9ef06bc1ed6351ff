import { Array, Effect, Option, Record, Schema } from "effect"
import type { ToolResult, ToolSpec, TurnInput } from "../../../domain/Provider.ts"
import type { ToolCall } from "./Protocol.ts"

/** The schema of a tool's input in the words of JSON Schema. */
export const inputSchema = ({ parameters }: ToolSpec) => ({
  type: "object",
  properties: Record.map(parameters, (description) => ({ type: "string", description })),
  required: Object.keys(parameters)
})

interface Called {
  readonly result: ToolResult
  readonly wasCalled: boolean
}

const refused = (text: string): Called => ({ result: { text, isError: true }, wasCalled: false })

/**
 * Calls a tool as the model asks for it. What the model got wrong it is told: there is such a tool, and its input fits.
 */
export const callerOf = (tools: ReadonlyArray<ToolSpec>) => {
  const readers = new Map(
    tools.map(({ name, parameters }) => {
      const input = Schema.Struct(Record.map(parameters, () => Schema.String))
      return [name, Schema.decodeOption(Schema.parseJson(input))]
    })
  )
  return ({ input, name }: ToolCall, callTool: TurnInput["callTool"]): Effect.Effect<Called> => {
    const read = readers.get(name)
    if (read === undefined) return Effect.succeed(refused(`There is no tool ${name}.`))
    return Option.match(read(input.trim() === "" ? "{}" : input), {
      onNone: () => Effect.succeed(refused(`The input of ${name} must be an object with all of its texts.`)),
      onSome: (found) => Effect.map(callTool(name, found), (result) => ({ result, wasCalled: true }))
    })
  }
}

/** Gives each call an id of its own, where the model has left it out or used it before. */
export const identified = (calls: ReadonlyArray<ToolCall>): ReadonlyArray<ToolCall> =>
  Array.mapAccum(calls, new Set<string>(), (taken, call, index) => {
    const id = call.id === "" || taken.has(call.id) ? `${call.id || "call"}_${index}` : call.id
    return [new Set([...taken, id]), { ...call, id }]
  })[1]
