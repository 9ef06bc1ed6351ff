import type { FileSystem, Path } from "@effect/platform"
import { Array, Effect, Either, Option } from "effect"
import { Attachments } from "../../store/Attachments.ts"
import { attributed, type Cast, Intake, type Said } from "../../features/Intake.ts"
import { DocumentRepo } from "../../store/DocumentRepo.ts"
import { providerNames } from "../../domain/Endpoint.ts"
import { type Image, mostImages } from "../../domain/Image.ts"
import type { MessageId } from "../../domain/Message.ts"
import type { RoomRow } from "../../domain/Room.ts"
import { noChoice } from "../../domain/ModelChoice.ts"
import type { RoomId } from "../../domain/RoomId.ts"
import * as Time from "../../domain/Time.ts"
import { MessageRepo } from "../../store/MessageRepo.ts"
import { RoomRepo } from "../../store/RoomRepo.ts"
import { Critiques } from "../../store/Critiques.ts"
import { WriteQueue } from "../../store/WriteQueue.ts"
import { defaultName, aliasesOf } from "../../models/Providers.ts"
import { Settings } from "../../process/Settings.ts"
import * as Drawn from "./Drawn.ts"
import { decode, type Figure, type Told } from "./Message.ts"
import type { Known, Original, Row } from "./Original.ts"
import { ImportRepo } from "../../store/ImportRepo.ts"
import { headOf, ownerOf, sourceOf } from "./Room.ts"
import type { Shown } from "./Pictures.ts"
import type { Tally } from "./Tally.ts"
import { time } from "./Value.ts"

const pageSize = 500
const nothing: Known = { last_id: 0, last_timestamp: "" }

interface Work {
  readonly original: Original
  readonly figures: ReadonlyMap<unknown, Figure>
  /** This server's agents, by the names that the original has for them. */
  readonly cast: Cast
  /** Where pictures lie that are not in the database. */
  readonly drawn: Option.Option<string>
  readonly tally: Tally
  /** Called as a room goes on. */
  readonly progress: (messages: number) => Effect.Effect<void>
}

/** Takes over a room of the original, or what is new in it; all of it, or nothing. True when there was anything. */
export const make = Effect.gen(function* () {
  const queue = yield* WriteQueue
  const rooms = yield* RoomRepo
  const messages = yield* MessageRepo
  const critiques = yield* Critiques
  const attachments = yield* Attachments
  const intake = yield* Intake
  const documents = yield* DocumentRepo
  const repo = yield* ImportRepo
  const settings = yield* Settings
  const { MAX_IMAGE_BYTES } = settings
  const files = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const usual = yield* defaultName
  const names = {
    own: providerNames(settings),
    standIns: new Map(
      Array.fromIterable(aliasesOf(settings)).map(([name, it]) => [name, it === "default" ? usual : it] as const)
    )
  }

  const dataOf = (shown: Shown, drawn: Work["drawn"]) =>
    "data" in shown
      ? Effect.succeed(shown.data)
      : Drawn.read(drawn, shown.url, MAX_IMAGE_BYTES).pipe(
          Effect.map((bytes) => Buffer.from(bytes).toString("base64")),
          Effect.provide(files)
        )

  const dressed = Effect.fnUntraced(function* (told: Told, { drawn, tally }: Work) {
    const images: Array<Image> = []
    for (const shown of told.images) {
      if (images.length === mostImages) {
        tally.left(`images beyond the first ${mostImages} of a message`)
        continue
      }
      const found = yield* dataOf(shown, drawn).pipe(
        Effect.flatMap((data) => attachments.read({ images: [{ data }] })),
        Effect.catchTags({
          Undrawn: ({ why }) => Effect.as(leave(tally, why), []),
          ImageRefused: () => Effect.as(leave(tally, "images that cannot be read or are too large"), [])
        })
      )
      images.push(...found)
    }
    return { ...told, images } satisfies Said
  })

  /** The messages of a page, with their ids in the original. */
  const sift = (rows: ReadonlyArray<Row>, now: Time.Timestamp, { figures, tally }: Work) =>
    rows.flatMap((row) => {
      const place = `message ${String(row["id"])}`
      const decoded = decode(row, { figures, now })
      if (Either.isLeft(decoded)) {
        tally.left(decoded.left, 1, place)
        return []
      }
      for (const loss of decoded.right.losses) tally.left(loss, 1, place)
      return [{ id: Number(row["id"]), ...decoded.right }]
    })

  const criticise = Effect.fnUntraced(function* (room: RoomId, said: ReadonlyArray<Told>, { cast, tally }: Work) {
    const [first] = said
    if (first === undefined) return
    const round_id = yield* repo.round(room, first.timestamp)
    yield* Effect.forEach(
      said,
      ({ agent_display_name, agent_name, content, finish, partial, provider, thinking, timestamp }) =>
        critiques.insert({
          room_id: room,
          round_id,
          ...attributed({ agent_display_name, agent_name: agent_name ?? "" }, cast),
          content,
          partial,
          finish,
          provider: provider ?? "claude",
          thinking,
          timestamp
        })
    )
    tally.took("critics' messages, now feedback", said.length)
  })

  /** All that is not known, page by page; gives what each message became, in their order. */
  const pour = Effect.fnUntraced(function* (id: number, room: RoomId, known: Known, work: Work) {
    const places: Array<readonly [number, MessageId]> = []
    const feedback: Array<Told> = []
    let after = 0
    let mark = known
    const now = yield* Time.now
    while (true) {
      const rows = work.original.messages(id, after, known, pageSize)
      const [said, critics] = Array.partition(sift(rows, now, work), ({ isCritic }) => isCritic)
      feedback.push(...critics.map(({ told }) => told))
      const whole = yield* Effect.forEach(said, ({ told }) => dressed(told, work))
      const ids = yield* intake.append(room, whole, work.cast)
      places.push(...ids.flatMap((own, at) => (said[at] === undefined ? [] : [[said[at].id, own] as const])))
      work.tally.took("messages", ids.length)
      work.tally.took("images", Array.flatMap(whole, ({ images }) => [...images]).length)
      mark = rows.reduce(further, mark)
      after = Number(rows.at(-1)?.["id"] ?? after)
      if (rows.length < pageSize) break
      yield* work.progress(places.length)
    }
    yield* criticise(room, feedback, work)
    return { places, mark }
  })

  const seat = Effect.fnUntraced(function* (
    id: number,
    room: RoomRow,
    placeAt: (joined: string) => number,
    { cast, figures, original, tally }: Work
  ) {
    const seats = original.seats(id).flatMap((row) => {
      const name = figures.get(row["agent_id"])?.name
      const agent_id = cast.get(name ?? "")?.id
      if (agent_id === undefined) tally.left("seats of agents that have no folder", 1, name ?? "one that is not there")
      const joined = typeof row["joined_at"] === "string" ? row["joined_at"] : null
      const joined_at = Option.getOrElse(time(joined), () => room.created_at)
      return agent_id === undefined
        ? []
        : [{ agent_id, joined_at, joined_after: joined === null ? 0 : placeAt(joined), choice: noChoice }]
    })
    yield* documents.seat(room.id, seats)
  })

  const add = Effect.fnUntraced(function* (row: Row, work: Work) {
    const id = Number(row["id"])
    const source = sourceOf(row)
    const mark = yield* repo.find("room", source)
    const known: Known = Option.getOrElse(mark, () => nothing)
    const { head, losses } = headOf(row, yield* Time.now, names)
    if (Option.isNone(mark)) for (const loss of losses) work.tally.left(loss, 1, head.name)
    const room = Option.isSome(mark)
      ? yield* Effect.orDie(rooms.find(mark.value.room_id))
      : yield* intake.open(ownerOf(row), head)
    const before = yield* messages.newest(room.id)
    const { mark: reached, places } = yield* pour(id, room.id, known, work)
    const placeAt = (joined: string) => {
      const last = work.original.lastAt(id, joined)
      return places.findLast(([theirs]) => theirs <= last)?.[1] ?? before
    }
    yield* seat(id, room, placeAt, work)
    yield* repo.put("room", source, { room_id: room.id, ...reached })
    if (Option.isSome(mark)) {
      if (reached.last_id === known.last_id && reached.last_timestamp === known.last_timestamp) return false
      const heard = Option.getOrNull(time(reached.last_timestamp))
      const last_activity_at =
        [room.last_activity_at, heard]
          .filter((at) => at !== null)
          .toSorted()
          .at(-1) ?? null
      yield* documents.settle(room.id, { is_paused: room.is_paused, last_activity_at })
      yield* repo.interrupt(room.id)
      work.tally.took("rooms with something new")
      return true
    }
    yield* documents.settle(room.id, head)
    const read = time(row["last_read_at"])
    if (Option.isSome(read)) yield* rooms.markRead(room.id, room.owner_id, read.value)
    work.tally.took("rooms")
    return true
  })

  return (row: Row, work: Work) => queue.write(add(row, work))
})

const leave = (tally: Tally, why: string) => Effect.sync(() => tally.left(why))

const further = (known: Known, row: Row): Known => ({
  last_id: Math.max(known.last_id, Number(row["id"])),
  last_timestamp: [known.last_timestamp, String(row["timestamp"] ?? "")].toSorted().at(-1) ?? ""
})
