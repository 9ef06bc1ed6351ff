import { DateTime } from "effect"

const begin = DateTime.unsafeMake("2026-11-01T00:00:00Z")

/** A room as a file: its messages are what a person said, a second after each other. */
export const roomOf = (name: string, said: ReadonlyArray<string>, agents: ReadonlyArray<string> = []) => {
  const at = (second: number) => DateTime.formatIso(DateTime.add(begin, { seconds: second }))
  return {
    format: "parley.room",
    version: 1,
    exported_at: at(0),
    room: {
      name,
      is_paused: false,
      default_provider: "scripted",
      default_model: null,
      created_at: at(0),
      last_activity_at: at(said.length)
    },
    agents: agents.map((name) => ({ name, group: null, joined_at: at(0), joined_after: 0 })),
    messages: said.map((content, index) => ({
      id: index + 1,
      role: "user",
      agent_name: null,
      agent_display_name: null,
      participant_type: "user",
      participant_name: "Mina",
      content,
      thinking: null,
      provider: null,
      partial: false,
      timestamp: at(index + 1),
      images: []
    }))
  }
}
