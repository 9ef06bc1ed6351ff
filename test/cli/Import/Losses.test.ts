import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertInclude, assertMatch, deepStrictEqual } from "@effect/vitest/utils"
import Database from "better-sqlite3"
import { Effect } from "effect"
import { bytesOf, images, pixel } from "../../support/images.ts"
import { setup } from "../../support/Importing.ts"
import * as Original from "../../support/Original.ts"

const { at } = Original
const room = { id: 1, name: "Talk", owner_id: "admin", created_at: at(0), is_paused: 0, default_provider: "claude" }
const said = { room_id: 1, role: "user", participant_type: "user", content: "Look", timestamp: at(1) }
const list = (...items: ReadonlyArray<object>) => JSON.stringify(items)
const gif = { data: images["image/gif"], media_type: "image/gif" }

describe("What an import leaves out or changes", () => {
  it.scopedLive("images that lie in the folder of the later version are read, and nothing beside it", () =>
    Effect.gen(function* () {
      const { file, fs, put, query, run, there } = yield* setup
      const png = bytesOf(pixel)
      yield* put("generated_images/a b.png", png)
      yield* put("generated_images/2025/x.webp", png)
      yield* put("generated_images/words.png", "no picture")
      yield* put("generated_images/large.png", Buffer.concat([png], 5_242_881))
      yield* put("generated_images2/near.png", png)
      yield* put("secret.png", png)
      yield* fs.symlink(`${there}/secret.png`, `${there}/generated_images/link.png`)
      yield* fs.symlink(there, `${there}/generated_images/up`)
      const urls = [
        "/generated_images/a%20b.png",
        "http://localhost:8001/generated_images/2025/x.webp?v=1#top",
        "/generated_images/words.png",
        "/generated_images/large.png",
        "/generated_images/none.png",
        "/generated_images/../secret.png",
        "/generated_images/%2e%2e/secret.png",
        "/generated_images/..%2fsecret.png",
        "/generated_images//etc/passwd",
        "/generated_images/link.png",
        "/generated_images/up/secret.png",
        "/generated_images2/near.png",
        `${there}/secret.png`,
        "file:///etc/passwd",
        "/generated_images/%",
        "https://elsewhere.example/x.png"
      ]
      Original.later(file, {
        rooms: [room],
        messages: urls.map((url, i) => ({ ...said, id: i + 1, images: list({ url, media_type: "image/png" }) }))
      })

      const report = yield* run()

      deepStrictEqual(yield* query("SELECT message_id, media_type FROM attachments ORDER BY message_id"), [
        [1, "image/png"],
        [2, "image/png"]
      ])
      assertEquals((yield* query("SELECT count(*) FROM messages"))[0]?.[0], urls.length)
      assertInclude(report, "2  images\n")
      assertInclude(report, "2  images that cannot be read or are too large")
      assertInclude(report, "1  images that are not in the database, nor in their folder")
      assertInclude(report, "11  images whose address leads outside their folder")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("images are found beside a database that is named by itself, in its backend's folder", () =>
    Effect.gen(function* () {
      const { fs, put, query, run, there } = yield* setup
      yield* fs.makeDirectory(`${there}/backend`)
      yield* put("generated_images/x.png", bytesOf(pixel))
      Original.later(`${there}/backend/chitchats.db`, {
        rooms: [room],
        messages: [{ ...said, id: 1, images: list({ url: "/generated_images/x.png" }) }]
      })

      yield* run(`${there}/backend/chitchats.db`)

      deepStrictEqual(yield* query("SELECT media_type FROM attachments"), [["image/png"]])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("every loss is counted by its kind, with its place", () =>
    Effect.gen(function* () {
      const { file, query, run } = yield* setup
      const six = Array.from({ length: 6 }, (_, i) => ({
        data: Buffer.concat([bytesOf(pixel), Buffer.from([i])]).toString("base64")
      }))
      Original.later(file, {
        agents: [{ id: 1, name: "Mute", system_prompt: "x" }],
        rooms: [
          { ...room, default_provider: "codex", default_model: "gpt-5.5", is_finished: 1, max_interactions: 7 },
          { ...room, id: 2, name: "a\nb", owner_id: "somebody" }
        ],
        room_agents: [
          { room_id: 1, agent_id: 1 },
          { room_id: 1, agent_id: 9 }
        ],
        room_agent_sessions: [{ room_id: 1, agent_id: 1, session_id: "s" }],
        messages: [
          { ...said, id: 1, images: list(...six) },
          { ...said, id: 2, images: list(gif, gif), image_data: gif.data },
          { ...said, id: 3, images: "[broken" },
          { ...said, id: 4, images: list({ data: "no base64!" }, {}) },
          { ...said, id: 5, anthropic_calls: list({}), excuse_reasons: '["tired"]' },
          { ...said, id: 6, anthropic_calls: "[]", excuse_reasons: null },
          { ...said, id: 7, content: "x".repeat(10_000_000), thinking: "y".repeat(200_001) },
          { ...said, id: 8, participant_type: "character", participant_name: `Kim\n${"k".repeat(200)}` },
          { ...said, id: 9, timestamp: "2999-01-01 00:00:00" },
          { ...said, id: 10, timestamp: null },
          { ...said, id: 11, images: list({ ...gif, prompt: "a cat" }) }
        ]
      })
      const db = new Database(file)
      db.exec(`CREATE TABLE votes (n); INSERT INTO votes VALUES (1), (2); ALTER TABLE messages ADD mood TEXT;
        UPDATE messages SET mood = 'good' WHERE id < 4`)
      db.close()

      const report = yield* run()

      for (const line of [
        "1  images beyond the first 5 of a message",
        "2  images that a message has twice, kept once",
        "1  lists of images that cannot be read: message 3",
        "1  images that cannot be read or are too large",
        "1  images without any content: message 4",
        "1  words by which an image was drawn: message 11",
        "1  messages with anthropic_calls: message 5",
        "1  messages with excuse_reasons: message 5",
        "1  messages cut at 100000 characters: message 7",
        "1  thoughts cut at 200000 characters: message 7",
        "1  names of people, shortened or put on one line: message 8",
        "1  times in the future, now the time of the import: message 9",
        "1  messages without a readable time: message 10",
        "1  rooms of the provider codex, now of claude with its own model: Talk",
        "1  names of rooms, made up, shortened or put on one line: a b",
        "1  rooms of owners that are not known here, now the admin's: a b",
        "1  agents without a folder and without a text, whose words are kept: Mute",
        "2  seats of agents that have no folder",
        "1  values of rooms.is_finished",
        "3  values of messages.mood",
        "2  rows of the table votes",
        "1  sessions with a model, which cannot be taken up here"
      ]) {
        assertInclude(report, line)
      }
      deepStrictEqual(
        yield* query("SELECT max(length(content)), max(length(thinking)), max(length(participant_name)) FROM messages"),
        [[100_000, 200_000, 100]]
      )
      assertEquals((yield* query("SELECT max(timestamp) < '2990' FROM messages"))[0]?.[0], 1)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("what the system said is a notice, and no person's words", () =>
    Effect.gen(function* () {
      const { file, query, run } = yield* setup
      const row = { room_id: 1, timestamp: at(1), participant_type: null, agent_id: null }
      Original.later(file, {
        agents: [{ id: 1, name: "Ada", system_prompt: "x" }],
        rooms: [room],
        messages: [
          { ...row, id: 1, role: "system", content: "Ada joined the chat" },
          { ...row, id: 2, role: "System", content: "B", participant_name: "Kim" },
          { ...row, id: 3, role: "user", content: "C", participant_type: " SYSTEM" },
          { ...row, id: 4, role: "tool", content: "D" },
          { ...row, id: 5, role: "tool", content: "E", agent_id: 1 },
          { ...row, id: 6, role: "system", content: "F", participant_type: "character", participant_name: "Kim" },
          { ...row, id: 7, role: "user", content: "G" },
          { ...row, id: 8, role: "user", content: "H", participant_type: "unheard_of" }
        ]
      })

      yield* run()

      deepStrictEqual(
        yield* query("SELECT content, role, participant_type, participant_name, agent_name FROM messages ORDER BY id"),
        [
          ["Ada joined the chat", "assistant", "system", null, null],
          ["B", "assistant", "system", null, null],
          ["C", "assistant", "system", null, null],
          ["D", "assistant", "system", null, null],
          ["E", "assistant", null, null, "Ada"],
          ["F", "user", "character", "Kim", null],
          ["G", "user", "user", null, null],
          ["H", "user", "user", null, null]
        ]
      )
      assertEquals((yield* query("SELECT interactions FROM rooms"))[0]?.[0], 1)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("times come in every form that is one, and a mapped provider is the room's", () =>
    Effect.gen(function* () {
      const { file, query, run, there } = yield* setup
      const times = [
        "2025-11-30 10:00:01",
        "2025/11/30 10:00:01",
        "2025-11-30T12:00:01+02:00",
        1_764_496_801,
        1_764_496_801_000,
        "1764496801.5"
      ]
      Original.later(file, {
        rooms: [{ ...room, default_provider: "Codex", default_model: "gpt-5.5" }],
        messages: times.map((timestamp, i) => ({ ...said, id: i + 1, timestamp }))
      })

      const report = yield* run(there, false, {
        PROVIDER_ALIASES: "codex=default",
        OPENAI_BASE_URL: "http://127.0.0.1:1/v1"
      })

      deepStrictEqual((yield* query("SELECT DISTINCT substr(timestamp, 1, 19) FROM messages")).flat(), [
        "2025-11-30T10:00:01"
      ])
      assertEquals((yield* query("SELECT count(*) FROM messages"))[0]?.[0], times.length)
      deepStrictEqual(yield* query("SELECT default_provider, default_model FROM rooms"), [["openai", null]])
      assertMatch(report, /1 {2}rooms of the provider codex, now of openai/)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
