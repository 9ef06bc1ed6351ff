import { Array, Context, Effect, Either, Layer, Option } from "effect"
import { createHash, randomBytes } from "node:crypto"
import { choose, mostShown, type Names, namesOf, newestWithin } from "./ImageChoice.ts"
import { type Picture, read } from "../domain/Picture.ts"
import { AttachmentRepo } from "./AttachmentRepo.ts"
import { type Fault, type Image, ImageRefused, mostImages } from "../domain/Image.ts"
import type { Message, MessageCreate, MessageId } from "../domain/Message.ts"
import type { TurnInput } from "../domain/Provider.ts"
import * as Permits from "../lib/permits.ts"
import { Settings } from "../process/Settings.ts"
import type { Commit } from "./WriteQueue.ts"

/** The images of messages: how they come in, and how a model gets them. */
export class Attachments extends Context.Tag("parley/store/Attachments")<
  Attachments,
  {
    /** The images that came with a message, each fit to be kept; one that is not refuses them all. */
    readonly read: (sent: Sent) => Effect.Effect<ReadonlyArray<Image>, ImageRefused>
    /** Adds the images of a message to the write under way; they go when the message goes. */
    readonly keep: (message: MessageId, images: ReadonlyArray<Image>) => Effect.Effect<void, never, Commit>
    /**
     * What a model is shown along with these messages: their newest images within a bound, none when it takes none.
     * `mark` begins every line of the room's own in this turn.
     */
    readonly show: (
      messages: ReadonlyArray<Message>,
      turn: { readonly takesImages: boolean; readonly mark: string }
    ) => Effect.Effect<{ readonly images: TurnInput["images"]; readonly names: Names }>
    /**
     * The messages with the first image of each in `image_data`, where clients of the original look for it. The newest
     * come first, up to 5 MiB in all: the others are named by their addresses alone.
     */
    readonly inline: (messages: ReadonlyArray<Message>) => Effect.Effect<ReadonlyArray<Message>>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  ).pipe(Layer.provideMerge(AttachmentRepo.layer))
}

/** A largest image by the usual settings. */
const mostInline = 5 * 1024 * 1024
/** How many answers with images in them are made at once. */
const makers = 2

type Sent = Pick<MessageCreate, "image_data" | "images">

const make = Effect.gen(function* () {
  const { MAX_IMAGE_BYTES } = yield* Settings
  const repo = yield* AttachmentRepo
  const picture = (text: string, number: number) =>
    Either.mapLeft(read(text, MAX_IMAGE_BYTES), (fault) => refuse(fault, number))
  const lane = Permits.make(makers)
  const refuse = (reason: Fault, image: number | null) => ImageRefused.of(reason, image, MAX_IMAGE_BYTES)

  const withFirsts = Effect.fnUntraced(function* (
    messages: ReadonlyArray<Message>,
    pictured: ReadonlyArray<MessageId>
  ) {
    const chosen = newestWithin(yield* repo.firsts(pictured), mostInline)
    const found = yield* Effect.forEach(chosen, (place) =>
      Effect.map(repo.contentIfReadable(place), (content) =>
        Option.map(content, ({ bytes, media_type }) => {
          const image = { data: Buffer.from(bytes).toString("base64"), media_type }
          return [place.message_id, image] as const
        })
      )
    )
    const firsts = new Map(Array.getSomes(found))
    return messages.map((message) => ({ ...message, image_data: firsts.get(message.id) ?? null }))
  })

  return Attachments.of({
    read: Effect.fnUntraced(function* (sent) {
      const list = sent.images ?? []
      if (list.length === 0 && !sent.image_data) return []
      if (list.length > mostImages) return yield* refuse("too_many", null)
      const listed = yield* Effect.forEach(list, ({ data }, at) => picture(data, at + 1))
      const alone = yield* Effect.forEach(aloneIn(sent), (data) => picture(data, list.length + 1))
      // Some clients send their first image both ways.
      const all = [...listed, ...alone.filter(({ bytes }) => !listed.some((one) => isSame(one.bytes, bytes)))]
      return all.length > mostImages ? yield* refuse("too_many", null) : all.map(prepared)
    }),

    keep: repo.insert,

    show: Effect.fnUntraced(function* (messages, { mark, takesImages }) {
      const pictured = takesImages ? messages.filter(({ images }) => images !== null).slice(-mostShown) : []
      if (pictured.length === 0) return { images: [], names: new Map() }
      const chosen = choose(
        yield* repo.last(
          pictured.map(({ id }) => id),
          mostShown
        )
      )
      const found = yield* Effect.forEach(chosen, (image) =>
        Effect.map(repo.contentIfReadable(image), (content) => Option.map(content, (it) => ({ ...it, image })))
      )
      const shown = Array.getSomes(found)
      return {
        images: shown.map(({ bytes, image, media_type }) => ({ bytes, media_type, label: `${mark} ${image.name}:` })),
        names: namesOf(shown.map(({ image }) => image))
      }
    }),

    inline: (messages) => {
      const pictured = messages.filter(({ images }) => images !== null).map(({ id }) => id)
      return pictured.length === 0 ? Effect.succeed(messages) : lane.with(withFirsts(messages, pictured))
    }
  })
})

/** The one image that older clients send, outside the list. */
const aloneIn = ({ image_data }: Sent) => {
  if (typeof image_data === "string") return image_data === "" ? [] : [image_data]
  return image_data ? [image_data.data] : []
}

const isSame = (one: Uint8Array, other: Uint8Array) => Buffer.compare(one, other) === 0

const prepared = (picture: Picture): Image => ({
  ...picture,
  sha256: createHash("sha256").update(picture.bytes).digest("hex"),
  key: randomBytes(16).toString("base64url")
})
