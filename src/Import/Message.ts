import { DateTime, Either, Option, Schema } from "effect"
import { mostImages } from "../domain/Image.ts"
import { ParticipantType } from "../domain/Message.ts"
import type { DocumentMessage } from "../domain/RoomDocument.ts"
import * as Time from "../domain/Time.ts"
import type { Row } from "./Original.ts"

/** A message as the original has it; its images are base64 still, and not looked at. */
export type Told = Omit<DocumentMessage, "id" | "images"> & { readonly images: ReadonlyArray<string> }

/** An agent of the original. */
export interface Figure {
  readonly name: string
  readonly isCritic: boolean
}

const isParticipant = Schema.is(ParticipantType)
const Picture = Schema.Struct({ data: Schema.optionalWith(Schema.NullOr(Schema.String), { default: () => null }) })
const Pictures = Schema.decodeUnknownOption(Schema.parseJson(Schema.Union(Schema.Array(Picture), Picture)))

export const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null)

/** UTC without a zone as Python writes it, or with one. */
export const time = (value: unknown): Option.Option<Time.Timestamp> => {
  const words = text(value)?.trim().replace(" ", "T") ?? ""
  const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(words) ? words : `${words}Z`
  return Option.map(DateTime.make(zoned), (moment) => Time.at(DateTime.toEpochMillis(moment)))
}

export const flag = (value: unknown) => value === true || value === 1

const listed = (value: unknown) =>
  Option.match(Pictures(value), { onNone: () => [], onSome: (found) => [found].flat() })

/** Every way in which the versions of the original store images. */
const imagesOf = ({ image_data, images }: Row) => {
  const list = listed(images).map(({ data }) => data)
  const old = text(image_data)
  const alone = old === null ? [] : old.trimStart().startsWith("{") ? listed(old).map(({ data }) => data) : [old]
  const all = [...list, ...alone].filter((data) => data !== null)
  return { images: [...new Set(all)].slice(0, mostImages), lost: list.length + alone.length - all.length }
}

const skipped = "(무시함)"
const failed = /^Error generating response: /

/** The message that a row is, or why it is none. */
export const decode = (row: Row, figures: ReadonlyMap<unknown, Figure>) => {
  const timestamp = time(row["timestamp"])
  const content = row["content"]
  if (typeof content !== "string") return Either.left("messages without a readable text")
  if (Option.isNone(timestamp)) return Either.left("messages without a readable time")
  const kind = row["participant_type"]
  const type = isParticipant(kind) && kind !== "agent" ? kind : null
  const isAgent = row["role"] === "assistant" || kind === "agent"
  const isNotice = type === "system"
  if (isAgent && content.trim() === skipped) return Either.left("skips, which are no messages")
  if (isAgent && failed.test(content)) return Either.left("failures of a provider, which nobody said")
  const { images, lost } = imagesOf(row)
  if (content === "" && images.length === 0) return Either.left("empty messages")
  const figure = figures.get(row["agent_id"])
  const told: Told = {
    role: isAgent || isNotice ? "assistant" : "user",
    agent_name: isNotice || !isAgent ? null : (figure?.name ?? "Unknown"),
    participant_type: isNotice ? "system" : isAgent ? null : (type ?? "user"),
    participant_name: isAgent ? null : (text(row["participant_name"])?.slice(0, 100) ?? null),
    content,
    thinking: text(row["thinking"]),
    provider: text(row["provider"]),
    partial: false,
    timestamp: timestamp.value,
    images
  }
  return Either.right({ told, lost, isCritic: isAgent && !isNotice && (figure?.isCritic ?? false) })
}
