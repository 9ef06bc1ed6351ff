import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, layer } from "@effect/vitest"
import { assertEquals, assertFalse, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect } from "effect"
import * as Processes from "../../../../src/models/Providers/Claude/Processes.ts"
import { bundle } from "../../../support/bundle.ts"
import { childrenOf, isRunning } from "../../../support/children.ts"
import { makeHouse, openIn, whyNot } from "../../../support/ClaudeHouse.ts"
import * as Api from "../../../support/MessagesApi.ts"

const setup = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const dataDir = yield* fs.makeTempDirectoryScoped()
  const folder = path.join(dataDir, "claude", "processes")
  yield* fs.makeDirectory(folder, { recursive: true })
  /** A process of the test's own, which only the test ends. */
  const sleeper = yield* Command.start(Command.make("sleep", "1000"))
  return {
    dataDir,
    folder,
    entries: fs.readDirectory(folder),
    read: (name: string) => fs.readFileString(path.join(folder, name)),
    write: (name: string, text: string) => fs.writeFileString(path.join(folder, name), text),
    sleeper
  }
})

describe.skipIf(whyNot() !== "")(`The ledger of Claude's processes ${whyNot()}`, () => {
  layer(NodeContext.layer, { excludeTestServices: true })((it) => {
    it.scoped("what a server that is killed leaves running is ended by the next one over the same folder", () =>
      Effect.gen(function* () {
        const { api } = yield* makeHouse()
        const { dataDir, entries } = yield* setup
        yield* api.reply(Api.answer(Api.text("One ", Effect.never)))
        const server = yield* Command.start(Command.make(process.execPath, bundle("doomed"), api.url, dataDir, "bare"))
        const call = yield* api.next
        const [id = 0] = yield* childrenOf(server.pid)
        deepStrictEqual(yield* entries, [`${id}.json`])

        process.kill(server.pid, "SIGKILL")
        yield* Effect.exit(server.exitCode)
        assertTrue(yield* isRunning(id))
        assertFalse(yield* Deferred.isDone(call.closed))
        yield* makeHouse({ dataDir })

        assertFalse(yield* isRunning(id))
        assertEquals(yield* Effect.timeout(Deferred.await(call.closed), "2 seconds"), false)
        deepStrictEqual(yield* entries, [])
      })
    )

    it.scoped("a process stands in it while it lives, and no longer", () =>
      Effect.gen(function* () {
        const { dataDir, entries } = yield* setup
        const { provider } = yield* makeHouse({ dataDir, launcher: [] })

        const { close, session } = yield* openIn(provider)
        deepStrictEqual(yield* entries, [`${session.pid}.json`])
        yield* close

        deepStrictEqual(yield* entries, [])
      })
    )

    it.scoped("a process that was given the id of another later is left alone", () =>
      Effect.gen(function* () {
        const { entries, folder, read, sleeper, write } = yield* setup
        const { enter } = yield* Processes.make(folder)
        const name = `${sleeper.pid}.json`
        enter(sleeper.pid)
        const entry = yield* read(name)

        yield* write(name, entry.replace(/\d+"/, '1"'))
        yield* Processes.make(folder)
        assertTrue(yield* sleeper.isRunning)
        deepStrictEqual(yield* entries, [])

        yield* write(name, entry.replace(/"birth":"\w+/, '"birth":"another-boot'))
        yield* Processes.make(folder)
        assertTrue(yield* sleeper.isRunning)

        yield* write(name, entry)
        yield* Processes.make(folder)
        yield* Effect.timeout(Effect.exit(sleeper.exitCode), "2 seconds")
      })
    )

    it.scoped("a file that was not written whole does no harm", () =>
      Effect.gen(function* () {
        const { entries, folder, sleeper, write } = yield* setup
        yield* Effect.forEach(
          [
            "",
            `{"pid":${sleeper.pid},"bir`,
            `{"pid":${sleeper.pid}}`,
            '{"pid":0,"birth":"x"}',
            '{"pid":-1,"birth":"x"}'
          ],
          (text, n) => write(`${n}.json`, text)
        )

        yield* Processes.make(folder)

        assertTrue(yield* sleeper.isRunning)
        deepStrictEqual(yield* entries, [])
      })
    )
  })
})
