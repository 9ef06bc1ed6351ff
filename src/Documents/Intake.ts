import { Array, Context, Effect, Layer, Struct } from "effect"
import { Attachments } from "../Attachments.ts"
import type { AgentId } from "../domain/Agent.ts"
import type { Image } from "../domain/Image.ts"
import type { MessageId } from "../domain/Message.ts"
import type { RoomName, RoomRow } from "../domain/Room.ts"
import {
  type DocumentMessage,
  DocumentRefused,
  type DocumentRoom,
  type Imported,
  type RoomDocument
} from "../domain/RoomDocument.ts"
import type { RoomId } from "../domain/RoomId.ts"
import { MessageRepo } from "../Messages/Repo.ts"
import { RoomRepo } from "../Rooms/Repo.ts"
import type { Commit } from "../WriteQueue.ts"
import { DocumentRepo } from "./Repo.ts"

/** A message from elsewhere, its images fit to be kept. */
export type Said = Omit<DocumentMessage, "id" | "images"> & { readonly images: ReadonlyArray<Image> }

/** This server's agents by name. */
export type Cast = ReadonlyMap<string, AgentId>

/** How a room from elsewhere comes into the database, in a write of the caller's. Nobody is asked to speak. */
export class Intake extends Context.Tag("parley/Documents/Intake")<
  Intake,
  {
    /** Makes the room, under `name (2)` where the owner has one of its name. */
    readonly open: (owner: string, head: DocumentRoom) => Effect.Effect<RoomRow, never, Commit>
    readonly cast: (names: ReadonlyArray<string>) => Effect.Effect<Cast>
    /** Who says what stands as it was told; it is an agent's own word where this server has an agent of that name. */
    readonly append: (
      room: RoomId,
      messages: ReadonlyArray<Said>,
      cast: Cast
    ) => Effect.Effect<ReadonlyArray<MessageId>, never, Commit>
    /** The messages of a document with their images looked at; one that is not fit refuses all. */
    readonly prepare: (messages: RoomDocument["messages"]) => Effect.Effect<ReadonlyArray<Said>, DocumentRefused>
    /** A whole document, whose messages are prepared. */
    readonly store: (
      owner: string,
      document: RoomDocument,
      said: ReadonlyArray<Said>
    ) => Effect.Effect<Omit<Imported, "future_times">, never, Commit>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  ).pipe(Layer.provideMerge(DocumentRepo.layer))
}

const longestName = 200
const batchSize = 500

const make = Effect.gen(function* () {
  const rooms = yield* RoomRepo
  const messages = yield* MessageRepo
  const attachments = yield* Attachments
  const repo = yield* DocumentRepo

  const free = (owner: string, name: string, copy = 1): Effect.Effect<typeof RoomName.Type> => {
    const suffix = copy === 1 ? "" : ` (${copy})`
    const wanted = `${name.slice(0, longestName - suffix.length).trimEnd()}${suffix}`
    return Effect.flatMap(repo.hasName(owner, wanted), (isTaken) =>
      isTaken ? free(owner, name, copy + 1) : Effect.succeed(wanted)
    )
  }

  const open: Intake["Type"]["open"] = Effect.fnUntraced(function* (owner_id, head) {
    const name = yield* free(owner_id, head.name)
    return yield* Effect.catchTag(
      rooms.insert({ ...Struct.omit(head, "is_paused", "last_activity_at"), owner_id, name }),
      "RoomExists",
      Effect.die
    )
  })

  const cast = (names: ReadonlyArray<string>) =>
    Effect.map(repo.agentsNamed(names), (found): Cast => new Map(found.map(({ id, name }) => [name, id])))

  const append: Intake["Type"]["append"] = Effect.fnUntraced(function* (room_id, said, known) {
    const ids = yield* messages.append(
      said.map((message) => ({
        ...message,
        room_id,
        agent_id: (message.role === "assistant" && known.get(message.agent_name ?? "")) || null,
        idempotency_key: null
      }))
    )
    yield* Effect.forEach(said, ({ images }, at) => {
      const id = ids[at]
      return id === undefined || images.length === 0 ? Effect.void : attachments.keep(id, images)
    })
    return ids
  })

  return Intake.of({
    open,
    cast,
    append,

    prepare: Effect.forEach((message, at) =>
      message.images.length === 0
        ? Effect.succeed({ ...Struct.omit(message, "id"), images: [] })
        : attachments.read({ images: message.images }).pipe(
            Effect.mapError((error) => DocumentRefused.of(at, error)),
            Effect.map((images) => ({ ...Struct.omit(message, "id"), images }))
          )
    ),

    store: Effect.fnUntraced(function* (owner, { agents, messages: list, room: head }, said) {
      const room = yield* open(owner, head)
      const names = Array.dedupe([
        ...agents.map(({ name }) => name),
        ...list.flatMap(({ agent_name }) => agent_name ?? [])
      ])
      const known = yield* cast(names)
      const stored = yield* Effect.forEach(Array.chunksOf(said, batchSize), (batch) => append(room.id, batch, known))
      const ids = stored.flat()
      const seats = agents.flatMap(({ joined_after, joined_at, name }) => {
        const agent_id = known.get(name)
        const before = ids[list.findLastIndex(({ id }) => id <= joined_after)] ?? 0
        return agent_id === undefined ? [] : [{ agent_id, joined_at, joined_after: before }]
      })
      yield* repo.seat(room.id, seats)
      yield* repo.settle(room.id, head)
      return {
        room_id: room.id,
        name: room.name,
        default_provider: room.default_provider,
        message_count: ids.length,
        image_count: said.reduce((sum, { images }) => sum + images.length, 0),
        missing_agents: names.filter((name) => !known.has(name))
      }
    })
  })
})
