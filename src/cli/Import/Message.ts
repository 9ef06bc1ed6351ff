import { Either, Option, Schema } from "effect"
import { ParticipantType } from "../../domain/Message.ts"
import type { DocumentMessage } from "../../domain/RoomDocument.ts"
import type { Timestamp } from "../../domain/Time.ts"
import { cut, oneLine } from "../../lib/text.ts"
import type { Row } from "./Original.ts"
import { picturesOf, type Shown } from "./Pictures.ts"
import { text, time, word } from "./Value.ts"

/** A message as the original has it; its pictures are not looked at yet. */
export type Told = Omit<DocumentMessage, "id" | "images"> & { readonly images: ReadonlyArray<Shown> }

/** An agent of the original. */
export interface Figure {
  readonly name: string
  /** Its name here; null where it is no agent. */
  readonly ours: string | null
  readonly isCritic: boolean
}

interface Around {
  readonly figures: ReadonlyMap<unknown, Figure>
  readonly now: Timestamp
}

// As much as a message may have that is sent.
const longest = { content: 100_000, thinking: 200_000, name: 100, provider: 200 }

const isParticipant = Schema.is(ParticipantType)
const listOf = Schema.decodeUnknownOption(Schema.parseJson(Schema.Array(Schema.Unknown)))

const skipped = "(무시함)"
const failed = /^Error generating response: /

type Speaker = "agent" | "notice" | "person"

/** Whose words a row is. What no person and no agent has said is never told as if one had. */
const speakerOf = ({ agent_id, participant_type, role: said }: Row): Speaker => {
  const role = word(said)
  const kind = word(participant_type)
  if (kind === "system") return "notice"
  if (role === "assistant" || kind === "agent") return "agent"
  if (isParticipant(kind) || role === "user") return "person"
  if (role === "system" || agent_id === null) return role === null ? "person" : "notice"
  return "agent"
}

const bounded = (value: unknown, most: number, what: string) => {
  const whole = text(value)
  const kept = whole === null ? null : cut(whole, most)
  return { kept, losses: kept === whole ? [] : [`${what} cut at ${most} characters`] }
}

const nameIn = (value: unknown) => {
  const whole = text(value)
  const line = whole === null ? null : cut(oneLine(whole), longest.name) || null
  return { kept: line, losses: line === whole ? [] : ["names of people, shortened or put on one line"] }
}

/** What the later version keeps of a turn beside its words. */
const beside = (row: Row) =>
  (["anthropic_calls", "excuse_reasons"] as const).flatMap((column) => {
    const value = text(row[column])?.trim() ?? ""
    const isEmpty = value === "" || value === "null" || Option.exists(listOf(value), (list) => list.length === 0)
    return isEmpty ? [] : [`messages with ${column}`]
  })

/** The message that a row is, and what of the row it does not keep; or why it is none. */
export const decode = (row: Row, around: Around) => {
  const content = row["content"]
  const timestamp = time(row["timestamp"])
  if (typeof content !== "string") return Either.left("messages without a readable text")
  if (Option.isNone(timestamp)) return Either.left("messages without a readable time")
  const speaker = speakerOf(row)
  if (speaker === "agent" && content.trim() === skipped) return Either.left("skips, which are no messages")
  if (speaker === "agent" && failed.test(content)) return Either.left("failures of a provider, which nobody said")
  const { losses, shown } = picturesOf(row)
  if (content === "" && shown.length === 0) return Either.left("empty messages")
  const figure = around.figures.get(row["agent_id"])
  const kind = word(row["participant_type"])
  const said = bounded(content, longest.content, "messages")
  const thought = bounded(row["thinking"], longest.thinking, "thoughts")
  const provider = bounded(row["provider"], longest.provider, "providers of messages")
  const name = nameIn(speaker === "person" ? row["participant_name"] : null)
  const isAhead = timestamp.value > around.now
  const told: Told = {
    role: speaker === "person" ? "user" : "assistant",
    agent_display_name: null,
    agent_name: speaker === "agent" ? (figure?.name ?? "Unknown") : null,
    participant_type:
      speaker === "notice" ? "system" : speaker === "agent" ? null : isParticipant(kind) ? kind : "user",
    participant_name: name.kept,
    content: said.kept ?? "",
    thinking: thought.kept,
    provider: provider.kept,
    partial: false,
    finish: null,
    timestamp: isAhead ? around.now : timestamp.value,
    images: shown
  }
  const ahead = isAhead ? ["times in the future, now the time of the import"] : []
  const all = [losses, said.losses, thought.losses, provider.losses, name.losses, ahead, beside(row)].flat()
  return Either.right({ told, losses: all, isCritic: speaker === "agent" && (figure?.isCritic ?? false) })
}
