import Database from "better-sqlite3"
import { images } from "./images.ts"

type Value = string | number | bigint | Buffer | null
type Row = Readonly<Record<string, Value>>

const insert = (db: Database.Database, table: string, rows: ReadonlyArray<Row>) => {
  for (const row of rows) {
    const names = Object.keys(row)
    db.prepare(
      `INSERT INTO ${table} (${names.map((name) => `"${name}"`).join(", ")}) VALUES (${names.map(() => "?").join(", ")})`
    ).run(...Object.values(row))
  }
}

const schema = (more: {
  readonly rooms: string
  readonly agents: string
  readonly seats: string
  readonly messages: string
}) => `
  CREATE TABLE rooms (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, max_interactions INTEGER, is_paused INTEGER,
    created_at DATETIME${more.rooms});
  CREATE TABLE agents (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, system_prompt TEXT NOT NULL${more.agents});
  CREATE TABLE room_agents (room_id INTEGER, agent_id INTEGER${more.seats}, PRIMARY KEY (room_id, agent_id));
  CREATE TABLE messages (id INTEGER PRIMARY KEY, room_id INTEGER, agent_id INTEGER, content TEXT, role VARCHAR,
    thinking TEXT, timestamp DATETIME${more.messages});`

export const at = (second: number) => `2025-11-30 10:00:${String(second).padStart(2, "0")}.123456`

export const add = (file: string, table: string, rows: ReadonlyArray<Row>) => {
  const db = new Database(file)
  insert(db, table, rows)
  db.close()
}

/** As if agents of the house had been removed while a server ran. */
export const retire = (file: string, names: ReadonlyArray<string>) => {
  const db = new Database(file)
  for (const name of names) db.prepare("UPDATE agents SET retired_at = ? WHERE name = ?").run(at(0), name)
  db.close()
}

/** Before owners, participants and times of joining. */
export const early = (file: string) => {
  const db = new Database(file)
  db.exec(schema({ rooms: "", agents: "", seats: "", messages: "" }))
  insert(db, "agents", [{ id: 1, name: "Ada", system_prompt: "x" }])
  insert(db, "rooms", [
    { id: 1, name: "Early", max_interactions: null, is_paused: 0, created_at: "2025-01-01 00:00:00" }
  ])
  insert(db, "room_agents", [{ room_id: 1, agent_id: 1 }])
  insert(db, "messages", [
    { id: 1, room_id: 1, agent_id: null, content: "Hello", role: "user", timestamp: "2025-01-01 00:00:01" },
    { id: 2, room_id: 1, agent_id: 1, content: "Hi", role: "assistant", timestamp: "2025-01-01 00:00:02.5" }
  ])
  db.close()
}

const participants = ", participant_type VARCHAR, participant_name VARCHAR, image_data TEXT"

/** The earlier of the two lines, with rows that nobody should have written. */
export const first = (file: string) => {
  const db = new Database(file)
  db.pragma("journal_mode = WAL")
  db.exec(
    schema({
      rooms: ", owner_id VARCHAR, last_activity_at DATETIME, last_read_at DATETIME",
      agents: ", is_critic INTEGER",
      seats: ", joined_at DATETIME",
      messages: participants
    })
  )
  insert(db, "agents", [
    { id: 1, name: "Ada", system_prompt: "x", is_critic: 0 },
    { id: 2, name: "critic", system_prompt: "x", is_critic: 1 },
    { id: 3, name: "Gone", system_prompt: "x", is_critic: 0 }
  ])
  const room = { created_at: at(0), is_paused: 1, last_activity_at: at(9), last_read_at: at(5), max_interactions: -3 }
  insert(db, "rooms", [
    { ...room, id: 1, name: "Talk", owner_id: "admin" },
    { ...room, id: 2, name: "Talk", owner_id: null },
    { ...room, id: 3, name: "Direct: Ada", owner_id: "guest-0123456789ab" }
  ])
  insert(db, "room_agents", [
    { room_id: 1, agent_id: 1, joined_at: at(2) },
    { room_id: 1, agent_id: 3, joined_at: null },
    { room_id: 3, agent_id: 1, joined_at: null }
  ])
  const image = JSON.stringify({ data: images["image/png"], media_type: "image/png" })
  const said = { role: "user", participant_type: "user" }
  const spoken = { role: "assistant", participant_type: null }
  insert(db, "messages", [
    { ...said, id: 1, room_id: 1, content: "Hello", timestamp: at(1), participant_name: "Kim" },
    { ...spoken, id: 2, room_id: 1, agent_id: 1, content: "(무시함)", timestamp: at(2) },
    { ...spoken, id: 3, room_id: 1, agent_id: 1, content: "Hi", thinking: "Hm", timestamp: at(3) },
    { ...spoken, id: 4, room_id: 1, agent_id: 3, content: "I was here", timestamp: at(4) },
    { ...spoken, id: 5, room_id: 1, agent_id: 2, content: "Too short", timestamp: at(5) },
    { ...spoken, id: 6, room_id: 1, agent_id: 1, content: "Error generating response: 529", timestamp: at(6) },
    {
      role: "assistant",
      participant_type: "system",
      id: 7,
      room_id: 1,
      content: "Ada joined the chat",
      timestamp: at(7)
    },
    { ...said, id: 8, room_id: 1, content: "Look", image_data: image, timestamp: at(8) },
    { ...spoken, id: 9, room_id: 1, agent_id: null, content: "Whose?", timestamp: at(9) },
    { ...said, id: 10, room_id: 1, content: "No time", timestamp: "yesterday" },
    { ...said, id: 11, room_id: 1, content: Buffer.from([1, 2]), timestamp: at(9) },
    { ...said, id: 12, room_id: 1, content: "Bad picture", image_data: "{]", timestamp: at(9) },
    { ...said, id: 13, room_id: 99, content: "Nowhere", timestamp: at(9) }
  ])
  return db
}

/** The later line with all of its columns and tables, and with the rows that a test wants. */
export const later = (file: string, rows: Readonly<Record<string, ReadonlyArray<Row>>>) => {
  const db = new Database(file)
  db.exec(
    schema({
      rooms: `, owner_id VARCHAR, last_activity_at DATETIME, last_read_at DATETIME, is_finished BOOLEAN,
        default_provider VARCHAR, default_model VARCHAR`,
      agents: `, "group" VARCHAR, config_file VARCHAR, profile_pic TEXT, in_a_nutshell TEXT, characteristics TEXT,
        recent_events TEXT, is_critic BOOLEAN, interrupt_every_turn BOOLEAN, priority INTEGER, transparent BOOLEAN,
        final_response BOOLEAN, created_at DATETIME`,
      seats: ", joined_at DATETIME",
      messages: `${participants}, image_media_type VARCHAR, images TEXT, anthropic_calls TEXT, excuse_reasons TEXT,
        provider VARCHAR`
    })
  )
  db.exec("CREATE TABLE room_agent_sessions (room_id INTEGER, agent_id INTEGER, session_id VARCHAR)")
  for (const [table, list] of Object.entries(rows)) insert(db, table, list)
  db.close()
}

/** The later line, on SQLite. */
export const second = (file: string) => {
  const db = new Database(file)
  db.exec(
    schema({
      rooms:
        ", owner_id VARCHAR, last_activity_at DATETIME, last_read_at DATETIME, is_finished BOOLEAN, default_provider VARCHAR, default_model VARCHAR",
      agents: ", is_critic BOOLEAN, interrupt_every_turn BOOLEAN, priority INTEGER",
      seats: ", joined_at DATETIME",
      messages: `${participants}, image_media_type VARCHAR, images TEXT, anthropic_calls TEXT, provider VARCHAR`
    })
  )
  insert(db, "agents", [{ id: 1, name: "Ada", system_prompt: "x", is_critic: 0 }])
  const room = { owner_id: "admin", created_at: at(0), is_paused: 0 }
  insert(db, "rooms", [
    { ...room, id: 1, name: "Pictures", default_provider: "claude", default_model: "opus" },
    { ...room, id: 2, name: "Codex", default_provider: "codex", default_model: "gpt-5.5" }
  ])
  insert(db, "messages", [
    {
      id: 1,
      room_id: 1,
      role: "user",
      participant_type: "user",
      participant_name: "Kim",
      content: "One",
      image_data: images["image/png"],
      image_media_type: "image/png",
      timestamp: at(1)
    },
    {
      id: 2,
      room_id: 1,
      role: "assistant",
      participant_type: "agent",
      agent_id: 1,
      content: "Two",
      provider: "claude",
      images: JSON.stringify([
        { media_type: "image/gif", data: images["image/gif"] },
        { media_type: "image/webp", url: "/generated_images/x.webp" }
      ]),
      timestamp: at(2)
    }
  ])
  db.close()
}
