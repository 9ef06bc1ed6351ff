import { Option, Schema } from "effect"
import type { DocumentRoom } from "../../domain/RoomDocument.ts"
import { RoomSettings } from "../../domain/RoomSettings.ts"
import type { Timestamp } from "../../domain/Time.ts"
import { cut, oneLine } from "../../lib/text.ts"
import type { Row } from "./Original.ts"
import { flag, text, time, word } from "./Value.ts"

const isLimit = Schema.is(RoomSettings.fields.max_interactions)
const longestName = 200

/** Rooms from before there were owners are the admin's, as the original itself has it. */
export const ownerOf = ({ owner_id }: Row) => {
  const owner = text(owner_id)
  return owner !== null && /^guest-[0-9a-f]{12}$/.test(owner) ? owner : "admin"
}

/** Tells a room from every other, whatever it is called meanwhile. */
export const sourceOf = ({ created_at, id, name }: Row) => `${String(id)} ${text(created_at) ?? String(name)}`

/** The names that providers can have here, and what stands in for others. */
interface Names {
  readonly own: ReadonlyArray<string>
  readonly standIns: ReadonlyMap<string, string>
}

/** The provider that a room is to have, and what that loses. */
const setupOf = ({ default_model, default_provider }: Row, { own, standIns }: Names) => {
  const named = word(default_provider) ?? "claude"
  // Whether it is configured is not asked: its key may be on its way.
  if (own.includes(named)) return { default_provider: named, default_model: text(default_model), losses: [] }
  const provider = standIns.get(named) ?? "claude"
  const losses = [`rooms of the provider ${cut(oneLine(named), 50)}, now of ${provider} with its own model`]
  return { default_provider: provider, default_model: null, losses }
}

/** What a row says of a room, and what of it cannot be kept. */
export const headOf = (row: Row, now: Timestamp, names: Names) => {
  const { losses, ...setup } = setupOf(row, names)
  const limit = row["max_interactions"]
  const said = text(row["name"])
  const name = cut(oneLine(said ?? ""), longestName).trim() || `Room ${String(row["id"])}`
  const owner = text(row["owner_id"])
  const past = (value: unknown) => Option.map(time(value), (at) => (at > now ? now : at))
  const head: DocumentRoom = {
    ...setup,
    name,
    is_paused: flag(row["is_paused"]),
    max_interactions: isLimit(limit) ? limit : null,
    created_at: Option.getOrElse(past(row["created_at"]), () => now),
    last_activity_at: Option.getOrNull(past(row["last_activity_at"]))
  }
  return {
    head,
    losses: [
      ...losses,
      ...(isLimit(limit) ? [] : ["limits of interactions that are none"]),
      ...(name === said?.trim() ? [] : ["names of rooms, made up, shortened or put on one line"]),
      ...(owner === null || owner === ownerOf(row) ? [] : ["rooms of owners that are not known here, now the admin's"])
    ]
  }
}
