import { Args, Command, Options } from "@effect/cli"
import { FetchHttpClient, FileSystem, HttpClient, HttpClientRequest, Path } from "@effect/platform"
import * as NodeSink from "@effect/platform-node/NodeSink"
import { Console, Data, Effect, Option, Stream } from "effect"
import { Settings } from "../../process/Settings.ts"
import * as Connection from "../Connection.ts"
import { everyRoom, numberOf } from "../RoomWord.ts"

export class ExportRefused extends Data.TaggedError("ExportRefused")<{
  readonly room: number
  readonly reason: string
}> {
  override get message() {
    return `room ${this.room} ${this.reason}`
  }
}

const options = {
  ...Connection.options,
  rooms: Args.text({ name: "room" }).pipe(
    Args.repeated,
    Args.withDescription("numbers or names of rooms; all of them when left out")
  ),
  format: Options.choice("format", ["json", "markdown"]).pipe(
    Options.withAlias("f"),
    Options.withDefault("json"),
    Options.withDescription("json can be imported again, markdown is to be read")
  ),
  folder: Options.directory("folder").pipe(
    Options.withAlias("o"),
    Options.optional,
    Options.withDescription("where the files go; a single room is printed when left out")
  )
}

const endings = { json: "json", markdown: "md" } as const

/** Streamed: a room may be larger than memory. */
const documentOf = ({ token, url }: Connection.Connection, room: number, format: keyof typeof endings) =>
  Effect.promise(token).pipe(
    Effect.flatMap((key) =>
      HttpClient.execute(
        HttpClientRequest.get(`${url}/rooms/${room}/export`).pipe(
          HttpClientRequest.setUrlParams({ format }),
          HttpClientRequest.setHeader("x-api-key", key)
        )
      )
    ),
    Effect.filterOrFail(
      ({ status }) => status === 200,
      ({ status }) => new ExportRefused({ room, reason: status === 404 ? "is not there" : `is refused (${status})` })
    ),
    Effect.map(({ stream }) => stream),
    Stream.unwrap,
    Stream.mapError((error) =>
      error._tag === "ExportRefused" ? error : new ExportRefused({ room, reason: "could not be read to its end" })
    )
  )

export const command = Command.make("export", options, ({ folder, format, rooms, ...wanted }) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const connection = yield* Connection.connect(wanted)
    const { ask } = Connection.speak(connection)
    const named = yield* Effect.forEach(rooms, (word) => numberOf(ask, word))
    if (named.length === 1 && Option.isNone(folder)) {
      const stdout = NodeSink.fromWritable(
        () => process.stdout,
        () => new ExportRefused({ room: named[0] ?? 0, reason: "could not be written" }),
        { endOnDone: false }
      )
      return yield* Stream.run(
        Stream.flatMap(Stream.fromIterable(named), (room) => documentOf(connection, room, format)),
        stdout
      )
    }
    const into = Option.getOrElse(folder, () => ".")
    const chosen = named.length > 0 ? named : yield* Stream.runCollect(Stream.map(everyRoom(ask), ({ id }) => id))
    yield* Effect.forEach(
      chosen,
      (room) => {
        const file = path.join(into, `room_${room}.${endings[format]}`)
        return Stream.run(documentOf(connection, room, format), fs.sink(file)).pipe(Effect.zipRight(Console.log(file)))
      },
      { discard: true }
    )
  }).pipe(Effect.provide([Settings.layer, FetchHttpClient.layer]))
).pipe(Command.withDescription("Write rooms of the server into files, as JSON that can be imported or as transcripts"))
