// The ceilings: node:http and better-sqlite3 with nothing above them.
import Database from "better-sqlite3"
import { createServer } from "node:http"
import { answering } from "./calls.mjs"

let answer = { status: 200, headers: {}, body: "" }
let frame = Buffer.alloc(0)
let store
const readers = new Set()

const routes = {
  "GET /same": (_request, response) => {
    response.writeHead(answer.status, answer.headers)
    response.end(answer.body)
  },
  "GET /stream": (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" })
    response.write(":\n\n")
    readers.add(response)
    response.once("close", () => readers.delete(response))
  },
  "POST /event": (request, response) => {
    request.resume().once("end", () => {
      response.writeHead(200, { "content-length": 2 }).end("{}")
      for (const reader of readers) reader.write(frame)
    })
  },
  "POST /send": (request, response) => {
    const parts = []
    request.on("data", (part) => parts.push(part))
    request.once("end", () => {
      const { content } = JSON.parse(Buffer.concat(parts).toString())
      store(content, (message) => {
        const body = JSON.stringify(message)
        response.writeHead(200, { ...answer.headers, "content-length": Buffer.byteLength(body) })
        response.end(body)
      })
    })
  }
}

const server = createServer((request, response) => routes[`${request.method} ${request.url}`](request, response))
const listen = () =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(server.address().port))
  })

/** The same tables and indexes as Parley's file, one room, and a commit for all that queued while the last one ran. */
const openStore = ({ file, like, message }) => {
  const db = new Database(file)
  db.pragma("journal_mode = WAL")
  db.pragma("synchronous = FULL")
  db.pragma("foreign_keys = ON")
  const original = new Database(like, { readonly: true })
  // A virtual table makes the tables behind it itself.
  const parts = original
    .prepare(
      `SELECT sql FROM sqlite_master AS part WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND NOT EXISTS (
        SELECT 1 FROM sqlite_master AS whole
        WHERE whole.sql LIKE 'CREATE VIRTUAL %' AND part.name GLOB whole.name || '_*'
      ) ORDER BY type = 'index'`
    )
    .all()
  original.close()
  for (const { sql } of parts) db.exec(sql)
  db.exec(
    "INSERT INTO rooms (id, owner_id, name, default_provider, created_at) VALUES (1, 'admin', 'bench', 'scripted', '')"
  )
  const [begin, savepoint, release, undo, commit] = [
    "BEGIN IMMEDIATE",
    "SAVEPOINT write",
    "RELEASE write",
    "ROLLBACK TO write",
    "COMMIT"
  ].map((statement) => db.prepare(statement))
  const touch = db.prepare("UPDATE rooms SET last_activity_at = ? WHERE id = 1")
  const insert = db.prepare(
    "INSERT INTO messages (room_id, role, participant_type, content, timestamp) VALUES (1, 'user', 'user', ?, ?)"
  )
  const log = db.prepare("INSERT INTO events (room_id, type, body, created_at) VALUES (1, 'new_message', ?, ?)")

  let pending = []
  const write = (content) => {
    const timestamp = new Date().toISOString()
    touch.run(timestamp)
    const stored = { ...message, content, timestamp, id: Number(insert.run(content, timestamp).lastInsertRowid) }
    log.run(JSON.stringify({ type: "new_message", message: stored }), timestamp)
    return stored
  }
  const flush = () => {
    const batch = pending
    pending = []
    begin.run()
    const done = batch.map(({ content, reply }) => {
      savepoint.run()
      try {
        const stored = write(content)
        release.run()
        return () => reply(stored)
      } catch (error) {
        undo.run()
        release.run()
        throw error
      }
    })
    commit.run()
    for (const reply of done) reply()
  }
  store = (content, reply) => {
    if (pending.push({ content, reply }) === 1) setImmediate(flush)
  }
}

answering({
  listen,
  openStore,
  giveAnswer: (given) => {
    answer = given
  },
  giveFrame: (text) => {
    frame = Buffer.from(text)
  }
})
