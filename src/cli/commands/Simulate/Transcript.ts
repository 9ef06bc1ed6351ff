import type { Wire } from "../../../client/client.ts"
import { cutOf } from "../../../domain/Finish.ts"
import type { Message } from "../../../domain/Message.ts"
import { speakerOf } from "../../Speaker.ts"

interface Head {
  readonly room: string
  readonly agents: ReadonlyArray<string>
  readonly scenario: string
  readonly ended: string
  readonly personName: string
}

const endOf = (message: Wire<Message>) => {
  const how = cutOf(message)
  return how === null ? "" : `, ${how}`
}

const indented = (text: string) => text.replaceAll(/^/gm, "  ")

/** What was said, with who and when, for people to read. Only its own lines begin at the left. */
export const transcript = (head: Head, messages: ReadonlyArray<Wire<Message>>, showThinking: boolean) =>
  [
    `Room: ${head.room}`,
    `Agents: ${head.agents.join(", ")}`,
    `Ended: ${head.ended}`,
    "Scenario:",
    indented(head.scenario),
    ...messages.flatMap((message) => [
      "",
      `${speakerOf(message, head.personName)} (${message.timestamp.replace("T", " ").slice(0, 19)} UTC)${endOf(message)}`,
      ...(showThinking && message.thinking ? [indented(`(thinks: ${message.thinking})`)] : []),
      indented(message.content)
    ]),
    ""
  ].join("\n")
