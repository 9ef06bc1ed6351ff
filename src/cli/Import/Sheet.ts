import { Option, Record } from "effect"
import { textEdits } from "../../personas/Edit.ts"
import type { Traits } from "../../domain/Persona.ts"
import { newestWithin } from "../../lib/text.ts"
import type { Row } from "./Original.ts"
import { flag, text } from "./Value.ts"

/** As much as a file of an agent is read of. */
const most = 256 * 1024

const bytesOf = (value: string) => new TextEncoder().encode(value)

const firstBytes = (value: string) => {
  const bytes = bytesOf(value)
  return bytes.length < most ? value : new TextDecoder().decode(bytes.subarray(0, most - 4)).replace(/\uFFFD+$/, "")
}

const page = (value: unknown, shorten: (whole: string) => string) => {
  const whole = (text(value) ?? "").replaceAll("\0", "").replaceAll(/\r\n?/g, "\n").trim()
  const kept = shorten(whole)
  return { kept, losses: kept === whole ? [] : [`texts of agents, cut at ${most / 1024} KB`] }
}

/** The texts that the database has of an agent, as files; none where they make no agent. */
export const pagesOf = ({ characteristics, in_a_nutshell, recent_events }: Row) => {
  const nutshell = page(in_a_nutshell, firstBytes)
  const traits = page(characteristics, firstBytes)
  // What was remembered last is worth most.
  const events = page(recent_events, (whole) => newestWithin(whole.split("\n"), most - 1).join("\n"))
  if (nutshell.kept === "" && traits.kept === "") return Option.none()
  const pages = { in_a_nutshell: nutshell.kept, characteristics: traits.kept, recent_events: events.kept }
  return Option.some({
    files: textEdits(Record.filter(pages, (kept) => kept !== "")),
    losses: [...nutshell.losses, ...traits.losses, ...events.losses]
  })
}

/** What the database says that an agent does differently from most. */
export const flagsOf = (row: Row): Traits => {
  const priority = Number(row["priority"] ?? 0)
  return Record.filter(
    {
      critic: flag(row["is_critic"]),
      interrupt_every_turn: flag(row["interrupt_every_turn"]),
      priority: Number.isInteger(priority) ? priority : 0,
      transparent: flag(row["transparent"]),
      final_response: flag(row["final_response"])
    },
    Boolean
  )
}
