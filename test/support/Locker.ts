import { Effect } from "effect"
import { repository, run } from "./Process.ts"

const program = `
  const Database = require("better-sqlite3")
  const db = new Database(process.argv[1], { timeout: 5000 })
  db.exec("BEGIN IMMEDIATE")
  console.log("locked")
  process.stdin.on("data", () => {}); setInterval(() => {}, 1000)
`

/** Another process that has the write lock of a database, until it is released or the scope closes. */
export const locker = Effect.fn(function* (file: string) {
  const child = yield* run({ command: process.execPath, args: ["-e", program, file], cwd: repository, env: {} })
  yield* child.sees(/locked/)
  return { release: Effect.zipRight(child.signal("SIGKILL"), child.ended) }
})
