import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { DateTime, Effect } from "effect"
import { room } from "../../support/Duo.ts"
import * as House from "../../support/House.ts"
import * as Puppet from "../../support/Puppet.ts"

/** Two agents whose files were written long ago: what has just been written is read again each time. */
const old = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folders = yield* House.folders({ Ada: "Ada builds clocks.", Bo: "Bo keeps bees." })
  const then = DateTime.toDate(DateTime.unsafeMake("2026-01-01T00:00:00Z"))
  const paths = yield* fs.readDirectory(folders.AGENTS_DIR, { recursive: true })
  yield* Effect.forEach(paths, (path) => fs.utimes(`${folders.AGENTS_DIR}/${path}`, then, then))
  return folders
})

describe("an agent's prompt", () => {
  it.scopedLive("names the others of the room as it is now, and of this room alone", () =>
    Effect.gen(function* () {
      const puppet = Puppet.make({ act: Puppet.skip })
      const talk = Effect.gen(function* () {
        const { ask, id, idOf, leave, say, watch } = yield* room({ someone_answers: false })
        const other = yield* room({ name: "attic", someone_answers: false })
        yield* say("Who is there?")
        yield* watch.ended
        yield* leave(idOf("Bo"))
        yield* say("And now?")
        yield* watch.ended
        yield* other.say("And here?")
        yield* other.watch.ended
        yield* ask(({ rooms }) => rooms.join({ path: { room_id: id, agent_id: idOf("Bo") } }))
        yield* say("And again?")
        yield* watch.ended
        return [id, id, other.id, id]
      })
      const rooms = yield* Effect.provide(talk, House.layer({ settings: yield* old, providers: [puppet.provider] }))

      const told = puppet.calls.flatMap(({ spec: { agentName, seat, systemPrompt } }) =>
        agentName === "Ada" ? [[seat.roomId, systemPrompt.includes("The other characters in the room: Bo.")]] : []
      )
      deepStrictEqual(
        told,
        [true, false, true, true].map((isNamed, at) => [rooms[at], isNamed])
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
