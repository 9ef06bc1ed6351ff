import type { Wire } from "../client/client.ts"
import type { Message } from "../domain/Message.ts"
import { shownSpeaker } from "../domain/ShownName.ts"

/** Without what a terminal would obey. */
export const printable = (text: string) => text.replaceAll(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "")

/** Who said a message, for people; `personName` is whoever gave no name. */
export const speakerOf = (message: Wire<Message>, personName: string) => {
  const { participant_name, participant_type } = message
  if (participant_type === "system") return "Notice"
  const nobody = participant_type === "situation_builder" ? "Situation" : personName
  return printable(shownSpeaker(message) ?? participant_name ?? nobody)
}
