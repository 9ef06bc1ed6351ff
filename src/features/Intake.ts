import { Array, Context, Effect, Exit, Layer, Struct } from "effect"
import { Attachments } from "../store/Attachments.ts"
import type { Agent } from "../domain/Agent.ts"
import type { Image } from "../domain/Image.ts"
import type { Message, MessageId } from "../domain/Message.ts"
import type { RoomName, RoomRow } from "../domain/Room.ts"
import {
  type DocumentMessage,
  DocumentRefused,
  type DocumentRoom,
  type DocumentSeat,
  type Imported,
  type RoomDocument
} from "../domain/RoomDocument.ts"
import type { RoomId } from "../domain/RoomId.ts"
import { shownSpeaker } from "../domain/ShownName.ts"
import type { Unwritten } from "../domain/Storage.ts"
import { forEachInTurns } from "../lib/turns.ts"
import { MessageRepo } from "../store/MessageRepo.ts"
import { Removal } from "../engine/Removal.ts"
import { RoomRepo } from "../store/RoomRepo.ts"
import { afterCommit, type Commit, WriteQueue } from "../store/WriteQueue.ts"
import { inSlices } from "../store/Slices.ts"
import { DocumentRepo } from "../store/DocumentRepo.ts"

/** A message from elsewhere, its images fit to be kept. */
export type Said = Omit<DocumentMessage, "id" | "images"> & { readonly images: ReadonlyArray<Image> }

type Known = Pick<Agent, "id" | "name">

/** This server's agents by the names that are theirs elsewhere. */
export type Cast = ReadonlyMap<string, Known>

interface Names<Name = string | null> {
  readonly agent_name: Name
  readonly agent_display_name: string | null
}

/** The agent here that is meant: the one of that name, or of what it is called there. */
const meant = ({ agent_display_name, agent_name }: Names, cast: Cast) =>
  [agent_name, agent_display_name].flatMap((name) => cast.get(name ?? "") ?? []).at(0)

/** Whose words they are here; what the agent was called when it said them stays. */
export const attributed = <Name extends string | null>(
  names: Names<Name>,
  cast: Cast
): Names<Name | string> & Pick<Message, "agent_id"> => {
  const agent = meant(names, cast)
  if (agent === undefined) return { agent_id: null, ...Struct.pick(names, "agent_name", "agent_display_name") }
  const shown = shownSpeaker(names)
  return { agent_id: agent.id, agent_name: agent.name, agent_display_name: shown === agent.name ? null : shown }
}

/** How a room from elsewhere comes into the database. Nobody is asked to speak. */
export class Intake extends Context.Tag("parley/features/Intake")<
  Intake,
  {
    /** Makes the room, under `name (2)` where the owner has one of its name. */
    readonly open: (owner: string, head: DocumentRoom) => Effect.Effect<RoomRow, never, Commit>
    readonly cast: (names: ReadonlyArray<string>) => Effect.Effect<Cast>
    /**
     * What was said stands as it was told; it is an agent's own word where this server has an agent of that name, or
     * one that is called so.
     */
    readonly append: (
      room: RoomId,
      messages: ReadonlyArray<Said>,
      cast: Cast
    ) => Effect.Effect<ReadonlyArray<MessageId>, never, Commit>
    /**
     * Makes a room of a whole document: all of it, or nothing, where an image is not fit or a write is refused. Others
     * write in between, and nobody sees the room before it is complete; `last` is in the write that shows it.
     */
    readonly take: <E>(
      owner: string,
      document: RoomDocument,
      last: (room: RoomRow) => Effect.Effect<unknown, E, Commit>
    ) => Effect.Effect<Omit<Imported, "future_times" | "unknown_provider">, E | DocumentRefused | Unwritten>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  ).pipe(Layer.provideMerge(DocumentRepo.layer))
}

const longestName = 200
/** A statement takes only so many values. */
const namesAtOnce = 1000
/** In bytes. */
const sizes = { first: 20_000, largest: 1_000_000 }

const make = Effect.gen(function* () {
  const rooms = yield* RoomRepo
  const messages = yield* MessageRepo
  const attachments = yield* Attachments
  const repo = yield* DocumentRepo
  const queue = yield* WriteQueue
  const removal = yield* Removal

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
    Effect.map(Effect.forEach(Array.chunksOf(names, namesAtOnce), repo.agentsNamed), (chunks): Cast => {
      const found = chunks.flat()
      const shown = found.flatMap((agent) =>
        agent.display_name === null ? [] : [[agent.display_name, agent] as const]
      )
      return new Map([...shown, ...found.map((agent) => [agent.name, agent] as const)])
    })

  const append: Intake["Type"]["append"] = Effect.fnUntraced(function* (room_id, said, known) {
    const ids = yield* messages.append(
      said.map((message) => ({
        ...message,
        room_id,
        ...(message.role === "assistant" ? attributed(message, known) : { agent_id: null }),
        idempotency_key: null
      }))
    )
    yield* Effect.forEach(said, ({ images }, at) => {
      const id = ids[at]
      return id === undefined || images.length === 0 ? Effect.void : attachments.keep(id, images)
    })
    return ids
  })

  const prepared = (message: DocumentMessage, at: number) =>
    message.images.length === 0
      ? Effect.succeed({ ...Struct.omit(message, "id"), images: [] })
      : attachments.read({ images: message.images }).pipe(
          Effect.mapError((error) => DocumentRefused.of(at, error)),
          Effect.map((images) => ({ ...Struct.omit(message, "id"), images }))
        )

  /** In slices, each of at least one message. */
  const pour = Effect.fnUntraced(function* (room: RoomId, said: ReadonlyArray<Said>, known: Cast) {
    const ids: Array<MessageId> = []
    const step = Effect.fnUntraced(function* (size: number) {
      const from = ids.length
      const slice = startOf(said, from, size)
      const stored = yield* append(room, slice, known)
      yield* afterCommit(Effect.sync(() => ids.push(...stored)))
      return from + slice.length < said.length
    })
    yield* inSlices(queue, { ...sizes, step })
    return ids
  })

  return Intake.of({
    open,
    cast,
    append,

    take: Effect.fnUntraced(function* (owner, document, last) {
      const said = yield* forEachInTurns(document.messages, prepared)
      const speakers = speakersIn(document)
      const known = yield* cast(Array.dedupe(speakers.flatMap(allOf)))
      const begin = queue.write(Effect.tap(open(owner, document.room), ({ id }) => repo.hide(id)))
      const fill = Effect.fnUntraced(function* (room: RoomRow) {
        const ids = yield* pour(room.id, said, known)
        const shown = Effect.gen(function* () {
          yield* repo.seat(room.id, seatsOf(document, ids, known))
          yield* repo.settle(room.id, document.room, said.filter(isReply).length)
          yield* repo.show(room.id)
          yield* last(room)
        })
        yield* queue.write(shown)
        return {
          room_id: room.id,
          name: room.name,
          default_provider: room.default_provider,
          message_count: ids.length,
          image_count: said.reduce((sum, { images }) => sum + images.length, 0),
          missing_agents: Array.dedupe(
            speakers.flatMap((names) => (meant(names, known) === undefined ? (shownSpeaker(names) ?? []) : []))
          )
        }
      })
      return yield* Effect.acquireUseRelease(begin, fill, ({ id }, exit) =>
        Exit.isSuccess(exit) ? Effect.void : removal.abandon(id)
      )
    })
  })
})

const allOf = ({ agent_display_name, agent_name }: Names) =>
  [agent_name, agent_display_name].flatMap((name) => name ?? [])

const seated = ({ display_name, name }: DocumentSeat): Names => ({ agent_name: name, agent_display_name: display_name })

/** All agents that sit in the room or have spoken there, under every pair of their names. */
const speakersIn = ({ agents, messages }: RoomDocument) =>
  Array.fromIterable(
    new Map(
      [...agents.map(seated), ...messages.filter(({ agent_name }) => agent_name !== null)].map((names) => [
        `${names.agent_name}\n${names.agent_display_name}`,
        names
      ])
    ).values()
  )

/** Those whom this server has, each at its place in the conversation; `ids` are those of the document's messages. */
const seatsOf = ({ agents, messages }: RoomDocument, ids: ReadonlyArray<MessageId>, cast: Cast) =>
  agents.flatMap((seat) => {
    const { choice, joined_after, joined_at } = seat
    const agent_id = meant(seated(seat), cast)?.id
    const before = ids[countUpTo(messages, joined_after) - 1] ?? 0
    return agent_id === undefined ? [] : [{ agent_id, joined_at, joined_after: before, choice }]
  })

/** How many of the messages, which are in the order of their ids, are no later than one. */
const countUpTo = (messages: RoomDocument["messages"], last: number) => {
  let [from, to] = [0, messages.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((messages[middle]?.id ?? 0) <= last) from = middle + 1
    else to = middle
  }
  return from
}

/** What counts as a reply of an agent. */
const isReply = ({ participant_type, partial, role }: Said) =>
  role === "assistant" && !partial && participant_type !== "system"

/** The messages from there on that weigh about so much. */
const startOf = (said: ReadonlyArray<Said>, from: number, size: number) => {
  const slice: Array<Said> = []
  let weight = 0
  for (let at = from; weight < size; at++) {
    const next = said[at]
    if (next === undefined) break
    slice.push(next)
    weight += weightOf(next)
  }
  return slice
}

/** About what it takes to store a message, in bytes. */
const weightOf = ({ content, images, thinking }: Said) =>
  500 + content.length + (thinking?.length ?? 0) + images.reduce((sum, { bytes }) => sum + bytes.length, 0)
