import { Chunk, Context, Effect, Layer, Option, Sink, Stream } from "effect"
import { Intake } from "./Intake.ts"
import * as Json from "./Documents/Json.ts"
import * as Markdown from "./Documents/Markdown.ts"
import { arrived } from "./Documents/Times.ts"
import { DocumentRepo } from "../store/DocumentRepo.ts"
import type { Unwritten } from "../domain/Storage.ts"
import type { RoomForbidden, RoomNotFound } from "../domain/Room.ts"
import { noChoice } from "../domain/ModelChoice.ts"
import type { DocumentRefused, Imported, RoomDocument } from "../domain/RoomDocument.ts"
import type { RoomId } from "../domain/RoomId.ts"
import * as Time from "../domain/Time.ts"
import { CurrentUser } from "../domain/User.ts"
import { Providers } from "../models/Providers.ts"
import { Rooms } from "./Rooms.ts"
import { RoomEvents } from "../store/RoomEvents.ts"
import { RoomRepo } from "../store/RoomRepo.ts"
import { Settings } from "../process/Settings.ts"

/** A room's text, written while it is read; `name` is the room's. */
export interface Export {
  readonly name: string
  readonly text: Stream.Stream<string>
}

type Denied = RoomNotFound | RoomForbidden

/** Rooms as files. */
export class Documents extends Context.Tag("parley/features/Documents")<
  Documents,
  {
    /** The room as it is now, whatever is said in the meantime; broken off when it is cleared or deleted meanwhile. */
    readonly json: (room: RoomId) => Effect.Effect<Export, Denied, CurrentUser>
    /** A transcript for people, with what the agents thought folded away or open. */
    readonly markdown: (room: RoomId, isOpen: boolean) => Effect.Effect<Export, Denied, CurrentUser>
    /** Makes a room of the caller's out of a document: all of it, or nothing. Nobody sees it before. */
    readonly take: (document: RoomDocument) => Effect.Effect<Imported, DocumentRefused | Unwritten, CurrentUser>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  ).pipe(Layer.provideMerge(Intake.layer))
}

const pageSize = 200
/** About how many characters are sent at once. */
const portion = 65_536

const make = Effect.gen(function* () {
  const { DEFAULT_MODEL, USER_NAME } = yield* Settings
  const rooms = yield* Rooms
  const roomRepo = yield* RoomRepo
  const events = yield* RoomEvents
  const providers = yield* Providers
  const repo = yield* DocumentRepo
  const intake = yield* Intake
  const writeJson = yield* Json.write

  const emptied = (room: RoomId) => Effect.dieMessage(`room ${room} was emptied while it was read`)

  const rowsOf = (room: RoomId, last: number, count: number) =>
    Stream.paginateChunkEffect({ after: 0, left: count }, ({ after, left }) =>
      Effect.flatMap(repo.page(room, after, last, pageSize), (page) => {
        if (page.length < Math.min(left, pageSize)) return emptied(room)
        const more = { after: page.at(-1)?.id ?? after, left: left - page.length }
        return Effect.succeed([Chunk.fromIterable(page), Option.liftPredicate(more, ({ left }) => left > 0)])
      })
    ).pipe(
      // What was cleared after its page was read would pass for pictures that cannot be read.
      Stream.concat(
        Stream.execute(
          Effect.flatMap(repo.page(room, 0, last, 1), (first) =>
            first.length < Math.min(count, 1) ? emptied(room) : Effect.void
          )
        )
      )
    )

  const snapshot = (id: RoomId) => Effect.zipRight(rooms.access(id), repo.snapshot(id))

  return Documents.of({
    json: Effect.fn("Documents.json")(function* (id) {
      const { agents, exported_at, extent, room } = yield* snapshot(id)
      const head = { format: "parley.room", version: 1, exported_at, room, agents } as const
      return { name: room.name, text: portioned(writeJson(head, rowsOf(id, extent.last, extent.count))) }
    }),

    markdown: Effect.fn("Documents.markdown")(function* (id, isOpen) {
      const { agents, exported_at, extent, room } = yield* snapshot(id)
      const written = Stream.map(
        rowsOf(id, extent.last, extent.count),
        Markdown.message({ isOpen, personName: USER_NAME })
      )
      const title = Stream.make(Markdown.title({ name: room.name, exported_at, agents }))
      return { name: room.name, text: portioned(Stream.map(Stream.concat(title, written), (part) => `${part}\n\n`)) }
    }),

    take: Effect.fn("Documents.take")(function* (given) {
      const { user_id } = yield* CurrentUser
      const { document, future_times } = arrived(given, yield* Time.now)
      const { default_model, default_provider } = document.room
      const provider = yield* Effect.match(providers.choose({ provider: default_provider, model: default_model }), {
        onFailure: () => ({ default_provider: providers.all[0].name, default_model: Option.getOrNull(DEFAULT_MODEL) }),
        onSuccess: ({ model, provider: { name } }) => ({ default_provider: name, default_model: model })
      })
      const isKnown = provider.default_provider === default_provider
      // A seat of another house's provider speaks with what its agent and its room have.
      const agents = yield* Effect.forEach(document.agents, (seat) =>
        Effect.match(providers.choose(seat.choice), {
          onFailure: () => ({ ...seat, choice: noChoice }),
          onSuccess: () => seat
        })
      )
      const fitting = { ...document, agents, room: { ...document.room, ...provider } }
      const imported = yield* intake.take(user_id, fitting, ({ id }) =>
        Effect.flatMap(Effect.orDie(roomRepo.find(id)), events.open)
      )
      return { ...imported, unknown_provider: isKnown ? null : default_provider, future_times }
    })
  })
})

/** Small parts are sent together. */
const portioned = (text: Stream.Stream<string>) =>
  Stream.transduce(
    text,
    Sink.foldWeighted({
      initial: "",
      maxCost: portion,
      cost: (_, part: string) => part.length,
      body: (all, part: string) => all + part
    })
  )
