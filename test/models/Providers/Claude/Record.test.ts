import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, layer } from "@effect/vitest"
import { assertEquals, assertInstanceOf, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { SessionLost } from "../../../../src/domain/ProviderError.ts"
import { doneOf, makeHouse, openIn, play, whyNot } from "../../../support/ClaudeHouse.ts"

/** A session of two turns, its client, and the file in which the client records it. */
const setup = Effect.gen(function* () {
  const { api, dataDir, provider } = yield* makeHouse()
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { close, session } = yield* openIn(provider)
  const say = (text: string) => Effect.map(play(session, text), (events) => doneOf(events)?.sessionId ?? null)
  const resume = yield* say("One")
  const projects = path.join(dataDir, "claude", "config", "projects")
  const name = (yield* fs.readDirectory(projects, { recursive: true })).find((file) => file.endsWith(".jsonl"))
  return { api, provider, fs, close, say, resume, file: path.join(projects, name ?? "") }
})

describe.skipIf(whyNot() !== "")(`The client's record of a Claude session ${whyNot()}`, () => {
  layer(NodeContext.layer, { excludeTestServices: true })((it) => {
    it.scoped("a session whose record was taken away goes on, and cannot be resumed", () =>
      Effect.gen(function* () {
        const { api, file, fs, resume, say } = yield* setup
        assertTrue(resume !== null)
        yield* fs.remove(file)

        deepStrictEqual([yield* say("Two"), yield* say("Three")], [null, null])

        deepStrictEqual(
          api.calls[2]?.said.filter(({ role }) => role === "user").flatMap(({ texts }) => texts),
          ["One", "Two", "Three"]
        )
      })
    )

    it.scoped("a session is resumed where it stood, whatever its record holds behind that", () =>
      Effect.gen(function* () {
        const { api, close, provider, resume, say } = yield* setup
        yield* say("Two")
        yield* close

        const { session } = yield* openIn(provider, { resume })
        yield* play(session, "Three")

        deepStrictEqual(
          api.calls[2]?.said.filter(({ role }) => role === "user").flatMap(({ texts }) => texts),
          ["One", "Three"]
        )
      })
    )

    it.scoped("a record that lacks its end is SessionLost, and nothing is asked", () =>
      Effect.gen(function* () {
        const { api, close, file, fs, provider, say } = yield* setup
        const resume = yield* say("Two")
        yield* close
        const lines = (yield* fs.readFileString(file)).split("\n")
        const last = lines.findLastIndex((line) => line.includes('"role":"assistant"'))
        yield* fs.writeFileString(file, lines.slice(0, last).join("\n"))

        assertInstanceOf(yield* Effect.flip(openIn(provider, { resume })), SessionLost)

        assertEquals(api.calls.length, 2)
      })
    )
  })
})
