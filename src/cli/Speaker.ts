import type { Wire } from "../client/client.ts"
import type { Message } from "../domain/Message.ts"

/** Without what a terminal would obey. */
export const printable = (text: string) => text.replaceAll(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "")

/** Who said a message, for people; `personName` is whoever gave no name. */
export const speakerOf = ({ agent_name, participant_name, participant_type }: Wire<Message>, personName: string) =>
  participant_type === "system"
    ? "Notice"
    : printable(agent_name ?? participant_name ?? (participant_type === "situation_builder" ? "Situation" : personName))
