import { Option, Schema } from "effect"
import { ProviderName } from "../domain/Settings.ts"
import type { DocumentRoom } from "../domain/RoomDocument.ts"
import { RoomSettings } from "../domain/RoomSettings.ts"
import type { Timestamp } from "../domain/Time.ts"
import { flag, text, time } from "./Message.ts"
import type { Row } from "./Original.ts"

const isLimit = Schema.is(RoomSettings.fields.max_interactions)
const isProvider = Schema.is(ProviderName)

/** Rooms from before there were owners are the admin's, as the original itself has it. */
export const ownerOf = ({ owner_id }: Row) => {
  const owner = text(owner_id)
  return owner !== null && /^guest-[0-9a-f]{12}$/.test(owner) ? owner : "admin"
}

/** Tells a room from every other, whatever it is called meanwhile. */
export const sourceOf = ({ created_at, id, name }: Row) => `${String(id)} ${text(created_at) ?? String(name)}`

export const headOf = (row: Row, now: Timestamp): DocumentRoom => {
  const provider = row["default_provider"] ?? "claude"
  const limit = row["max_interactions"]
  return {
    name: text(row["name"])?.trim().slice(0, 200).trim() || `Room ${String(row["id"])}`,
    is_paused: flag(row["is_paused"]),
    // Whether it is configured is not asked: its key may be on its way.
    default_provider: isProvider(provider) ? provider : "claude",
    default_model: isProvider(provider) ? text(row["default_model"]) : null,
    max_interactions: isLimit(limit) ? limit : null,
    created_at: Option.getOrElse(time(row["created_at"]), () => now),
    last_activity_at: Option.getOrNull(time(row["last_activity_at"]))
  }
}
