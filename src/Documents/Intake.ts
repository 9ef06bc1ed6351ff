import { Context, Effect, Layer, Option } from "effect"
import { Attachments } from "../Attachments.ts"
import type { AgentId } from "../domain/Agent.ts"
import type { Image } from "../domain/Image.ts"
import type { MessageId } from "../domain/Message.ts"
import type { RoomName, RoomRow } from "../domain/Room.ts"
import type { DocumentRoom, DocumentMessage } from "../domain/RoomDocument.ts"
import type { RoomId } from "../domain/RoomId.ts"
import { MessageRepo } from "../Messages/Repo.ts"
import { Providers } from "../Providers.ts"
import { RoomRepo } from "../Rooms/Repo.ts"
import { Settings } from "../Settings.ts"
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
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  ).pipe(Layer.provideMerge(DocumentRepo.layer))
}

const longestName = 200

const make = Effect.gen(function* () {
  const { DEFAULT_MODEL } = yield* Settings
  const providers = yield* Providers
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

  return Intake.of({
    open: Effect.fnUntraced(function* (owner_id, { is_paused: _, last_activity_at: __, ...head }) {
      const known = yield* Effect.option(providers.get(head.default_provider))
      const provider = Option.match(known, {
        onNone: () => ({
          default_provider: providers.all[0].name,
          default_model: Option.getOrNull(DEFAULT_MODEL)
        }),
        onSome: () => ({})
      })
      const name = yield* free(owner_id, head.name)
      return yield* Effect.catchTag(rooms.insert({ ...head, ...provider, owner_id, name }), "RoomExists", (error) =>
        Effect.die(error)
      )
    }),

    cast: (names) =>
      Effect.map(repo.agentsNamed(names), (found) => new Map(found.map(({ id, name }) => [name, id] as const))),

    append: Effect.fnUntraced(function* (room_id, said, cast) {
      const ids = yield* messages.append(
        said.map((message) => ({
          ...message,
          room_id,
          agent_id: (message.role === "assistant" && cast.get(message.agent_name ?? "")) || null,
          idempotency_key: null
        }))
      )
      yield* Effect.forEach(said, ({ images }, at) => {
        const id = ids[at]
        return id === undefined || images.length === 0 ? Effect.void : attachments.keep(id, images)
      })
      return ids
    })
  })
})
