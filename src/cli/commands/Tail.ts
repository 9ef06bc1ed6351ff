import { Args, Command, Options } from "@effect/cli"
import { Effect, Schema, Stream } from "effect"
import type { RoomEvent } from "../../client/client.ts"
import { shownName, shownSpeaker } from "../../domain/ShownName.ts"
import { Settings } from "../../process/Settings.ts"
import * as Connection from "../Connection.ts"
import { numberOf } from "../RoomWord.ts"
import { blank, perform, type Script } from "./Tail/Script.ts"

const room = Args.text({ name: "room" }).pipe(Args.withDescription("the room's number or name"))
const lines = Options.integer("lines").pipe(
  Options.withAlias("n"),
  Options.withSchema(Schema.Int.pipe(Schema.between(0, 1000))),
  Options.withDefault(10),
  Options.withDescription("messages to begin with")
)

const write = (text: string) => Effect.sync(() => void process.stdout.write(text))

const follow = Effect.fnUntraced(function* (word: string, count: number, wanted: Connection.Wanted) {
  const { ask, follow } = Connection.speak(yield* Connection.connect(wanted))
  const { USER_NAME } = yield* Settings
  const id = yield* numberOf(ask, word)
  const names = new Map<number, string>()
  let script: Script = blank(USER_NAME)

  const show = (event: RoomEvent) => {
    if (event.type === "stream_start") names.set(event.agent_id, shownSpeaker(event))
    const [next, text] = perform(script, event, (agent) => names.get(agent) ?? "?")
    script = next
    return write(text)
  }

  const path = { room_id: id }
  const events = yield* follow(id)
  const seated = yield* ask(({ rooms }) => rooms.roster({ path }))
  for (const agent of seated) names.set(agent.id, shownName(agent))
  const past = yield* ask(({ messages }) => messages.list({ path, urlParams: { limit: Math.max(count, 1) } }))
  yield* Effect.forEach(count > 0 ? past : [], (message) => show({ type: "new_message", room_id: id, message }), {
    discard: true
  })
  yield* Stream.runForEach(events, show)
}, Effect.scoped)

export const command = Command.make("tail", { room, lines, ...Connection.options }, ({ lines, room, ...wanted }) =>
  Effect.provide(follow(room, lines, wanted), Settings.layer)
).pipe(Command.withDescription("Follow a room in the terminal, word by word, until Ctrl-C"))
