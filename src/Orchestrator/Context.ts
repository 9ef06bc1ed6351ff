import type { AgentId } from "../domain/Agent.ts"
import type { Names } from "../Attachments/Choice.ts"
import type { Message } from "../domain/Message.ts"
import { oneLine } from "../lib/text.ts"

export interface ContextInput {
  readonly agent: { readonly id: AgentId; readonly name: string }
  /** What the agent has not seen, oldest first. */
  readonly messages: ReadonlyArray<Message>
  /** How many unseen messages before these did not fit. */
  readonly omitted: number
  /** Unknown to everybody in the room, and another one each turn: only lines that begin with it are the server's. */
  readonly mark: string
  /** How a person who gave no name is called. */
  readonly personName: string
  /** What the images are called that the model is shown, by their messages; of others it is told that they were there. */
  readonly names: Names
}

/**
 * What the model is told in one turn. What people and agents said stands verbatim between lines that begin with the
 * mark; since nobody can know the mark beforehand, nothing that is said can pass for one of these lines.
 */
export const context = (input: ContextInput): string =>
  [
    `Only lines that begin with ${input.mark} come from the room itself; each names who said what follows it.`,
    ...(input.omitted > 0 ? [`${input.mark} ${input.omitted} earlier messages are left out here.`] : []),
    ...input.messages.flatMap((message) => [
      `${input.mark} ${speaker(message, input)}:`,
      ...(message.content === "" ? [] : [message.content]),
      ...pictures(message, input).map((line) => `${input.mark} ${line}`)
    ]),
    `${input.mark} It is your turn, ${input.agent.name}.`
  ].join("\n")

const pictures = ({ id, images }: Message, { names }: ContextInput) => {
  const shown = names.get(id) ?? []
  const unseen = (images?.length ?? 0) - shown.length
  return [
    ...shown.map((name) => `${name} was shown here.`),
    ...(unseen > 0
      ? [`${unseen} ${unseen === 1 ? "picture was" : "pictures were"} shown here that you cannot see.`]
      : [])
  ]
}

const speaker = (message: Message, { agent, personName }: ContextInput) => {
  const cut = message.partial ? ", cut off in mid-sentence" : ""
  if (message.agent_id === agent.id) return `${agent.name} (you${cut})`
  if (message.role === "assistant") return `${message.agent_name ?? "an agent who has left"} (agent${cut})`
  if (message.participant_type === "situation_builder") return "The scene"
  return `${oneLine(message.participant_name ?? personName)} (person)`
}
