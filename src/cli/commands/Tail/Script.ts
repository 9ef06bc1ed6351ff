import type { RoomEvent, Wire } from "../../../client/client.ts"
import { cutOf } from "../../../domain/Finish.ts"
import type { Message } from "../../../domain/Message.ts"
import { shownSpeaker } from "../../../domain/ShownName.ts"
import { printable, speakerOf } from "../../Speaker.ts"

/** What stands on the terminal. */
export interface Script {
  /** How a person is called who gave no name. */
  readonly personName: string
  /** Whose words the last line ends with, as they come; null when the next words begin a line of their own. */
  readonly speaking: { readonly turn: number; readonly agent: number } | null
  /** The newest message that was shown. */
  readonly last: number
}

export const blank = (personName: string): Script => ({ personName, speaking: null, last: 0 })

const headOf = ({ personName }: Script, message: Wire<Message>) =>
  `[${message.timestamp.slice(11, 19)}] ${speakerOf(message, personName)}: `

const on = (script: Script, words: string): readonly [Script, string] => [
  { ...script, speaking: null },
  `${script.speaking === null ? "" : "\n"}${words}\n`
]

const said = (script: Script, message: Wire<Message>): readonly [Script, string] => {
  if (message.id <= script.last) return [script, ""]
  const heard = { ...script, last: message.id }
  const how = cutOf(message)
  const cut = how === null ? "" : ` [${how}]`
  // Its words stand there already.
  if (script.speaking !== null && script.speaking.agent === message.agent_id) {
    return [{ ...heard, speaking: null }, `${cut}\n`]
  }
  return on(heard, `${headOf(script, message)}${printable(message.content)}${cut}`)
}

/** What an event adds to the terminal. */
export const perform = (
  script: Script,
  event: RoomEvent,
  nameOf: (agent: number) => string
): readonly [Script, string] => {
  switch (event.type) {
    case "new_message":
      return said(script, event.message)
    case "content_delta": {
      const { agent_id: agent, delta, turn_id: turn } = event
      const next = { ...script, speaking: { turn, agent } }
      if (script.speaking?.turn === turn) return [next, printable(delta)]
      return [next, `${script.speaking === null ? "" : "\n"}${printable(nameOf(agent))}: ${printable(delta)}`]
    }
    case "stream_start":
      return event.response_text === "" && script.speaking?.turn === event.turn_id
        ? on(script, `(${printable(event.agent_name)} was only thinking)`)
        : [script, ""]
    case "stream_end":
      return event.error === null
        ? [script, ""]
        : on(script, `(${printable(shownSpeaker(event))}: ${event.error._tag})`)
    case "round_ended":
      return on(script, `(${event.stop_reason.replaceAll("_", " ")})`)
    case "agent_joined":
    case "agent_left":
      return on(script, `(${printable(shownSpeaker(event))} ${event.type === "agent_joined" ? "joined" : "left"})`)
    default:
      return [script, ""]
  }
}
