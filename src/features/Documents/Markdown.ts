import { cutOf } from "../../domain/Finish.ts"
import type { DocumentSeat } from "../../domain/RoomDocument.ts"
import { shownName, shownSpeaker } from "../../domain/ShownName.ts"
import { oneLine } from "../../lib/text.ts"
import type { Row } from "../../store/DocumentRepo.ts"

interface Head {
  readonly name: string
  readonly exported_at: string
  readonly agents: ReadonlyArray<DocumentSeat>
}

const plain = (text: string) => oneLine(text).replaceAll(/[\\`*_[\]{}()#<>|~!&]/g, "\\$&")

/**
 * Every line of what was said begins with a mark, so that only the room's own lines can be headings of the page. Tags
 * would be no lines of Markdown's, and are taken out of their effect.
 */
const quoted = (text: string) =>
  text
    .replaceAll(/<(?=[a-z/!?])/gi, "\\<")
    .split(/\r\n?|[\n\v\f\u0085\u2028\u2029]/)
    .map((line) => (line === "" ? ">" : `> ${line}`))
    .join("\n")

const speakerOf = (row: Row, personName: string) => {
  const { participant_name, participant_type, role } = row
  if (participant_type === "system") return "Notice"
  if (role === "assistant") return `${plain(shownSpeaker(row) ?? "An agent who has left")} (agent)`
  if (participant_type === "situation_builder") return "The scene"
  return `${plain(participant_name ?? personName)} (person)`
}

const clock = (timestamp: string) => `${timestamp.slice(0, 10)} ${timestamp.slice(11, 19)} UTC`

const thoughts = (thinking: string | null, isOpen: boolean) =>
  thinking ? [`<details${isOpen ? " open" : ""}><summary>Thinking</summary>`, quoted(thinking), "</details>"] : []

const pictures = (images: Row["images"]) => {
  const count = images?.length ?? 0
  return count === 0 ? [] : [`*${count === 1 ? "1 picture" : `${count} pictures`}*`]
}

export const title = ({ agents, exported_at, name }: Head) =>
  [
    `# ${plain(name)}`,
    `*${[`Exported ${clock(exported_at)}`, ...agents.map((agent) => plain(shownName(agent)))].join(" · ")}*`
  ].join("\n\n")

const endOf = (row: Row) => {
  const how = cutOf(row)
  return how === null ? [] : [`*${capitalised(how)}*`]
}

const capitalised = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`

/** How a transcript is written for a reader who wants the thoughts open, or folded away. */
export const message =
  ({ isOpen, personName }: { readonly isOpen: boolean; readonly personName: string }) =>
  (row: Row) =>
    [
      `### ${speakerOf(row, personName)} · ${clock(row.timestamp)}`,
      ...thoughts(row.thinking, isOpen),
      ...(row.content === "" ? [] : [quoted(row.content)]),
      ...pictures(row.images),
      ...endOf(row)
    ].join("\n\n")
