import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { login } from "../support/Caller.ts"
import { childrenOf, isRunning } from "../support/children.ts"
import { key, whyNot } from "../support/ClaudeHouse.ts"
import * as Api from "../support/MessagesApi.ts"
import { home, layer, query, serve, withPassword } from "../support/Process.ts"

const why = whyNot()

/** A server whose agent has begun to speak through a client of the vendor's, and goes on until somebody ends it. */
const speaking = Effect.fn(function* (settings: Readonly<Record<string, string>>) {
  const api = yield* Api.make(Api.answer(Api.text("It began on a night so still that every clock", Effect.never)))
  const server = yield* serve(yield* home, {
    ...withPassword,
    ANTHROPIC_API_KEY: key,
    ANTHROPIC_BASE_URL: api.url,
    ...settings
  })
  const { call, follow } = yield* login(server.base)
  const reader = yield* follow(1)
  yield* call("POST", "/rooms/1/messages/send", { content: "Tell us a story." })
  yield* reader.sees(/event: content_delta/)
  const clients = yield* childrenOf(server.pid)
  assertTrue(clients.length > 0)
  return { server, clients }
})

describe.skipIf(why !== "")(`a server with a live client of the vendor's ${why}`, () => {
  it.scopedLive("is ended by SIGTERM in its time, and its clients with it", () =>
    Effect.gen(function* () {
      const { clients, server } = yield* speaking({ SHUTDOWN_SECONDS: "1" })

      yield* server.signal("SIGTERM")
      const how = yield* server.ended

      deepStrictEqual(how, { code: 0, signal: null })
      assertEquals(yield* server.isAlive, false)
      deepStrictEqual(yield* Effect.filter(clients, isRunning), [])
      deepStrictEqual(yield* query(server.folder, "SELECT outcome, provider FROM turns"), [
        { outcome: "interrupted", provider: "claude" }
      ])
      deepStrictEqual(yield* query(server.folder, "SELECT content, partial FROM messages WHERE agent_id IS NOT NULL"), [
        { content: "It began on a night so still that every clock", partial: 1 }
      ])
    }).pipe(Effect.provide(layer))
  )
})
