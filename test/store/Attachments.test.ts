import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import type { Refused } from "../../src/client/client.ts"
import { both, gif, look, setup, urlsOf } from "../support/Album.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import { pixel, png } from "../support/images.ts"
import * as Watch from "../support/Watch.ts"

const typesOf = (message: { readonly images: ReadonlyArray<{ readonly media_type: string }> | null }) =>
  message.images?.map(({ media_type }) => media_type) ?? null

const placeOf = ({ detail }: Refused) => (typeof detail === "string" ? null : detail[0]?.loc)

layer(House.shared({ settings: { MAX_IMAGE_BYTES: "2000" } }), { excludeTestServices: true })("Attachments", (it) => {
  it.effect("an image comes in every form that a client has for it, and its type is that of its bytes", () =>
    Effect.gen(function* () {
      const { list, send } = yield* setup
      const said: object = { role: "user" }
      const bodies = [
        { content: "A", ...said, image_data: both },
        { content: "B", image_data: pixel, image_media_type: "image/svg+xml" },
        { content: "C", images: [both, gif] },
        { content: "D", image_data: `data:image/jpeg;base64,${pixel}` },
        { content: "twice", images: [both, gif], image_data: pixel, image_media_type: "image/png" },
        { content: "two ways", images: [gif], image_data: both },
        { content: "none", images: [], image_data: null, image_media_type: null },
        { content: "none", images: null, image_data: "" }
      ]

      const sent = yield* Effect.forEach(bodies, (body) => send(body))

      deepStrictEqual(sent.map(typesOf), [
        ["image/png"],
        ["image/png"],
        ["image/png", "image/gif"],
        ["image/png"],
        ["image/png", "image/gif"],
        ["image/gif", "image/png"],
        null,
        null
      ])
      deepStrictEqual(yield* list(), sent)
    })
  )

  it.effect("an image may stand for words, but nothing may not", () =>
    Effect.gen(function* () {
      const { list, send } = yield* setup

      const shown = yield* send({ content: "", images: [both] })
      const empty = yield* Effect.forEach([{}, { images: [], image_data: "" }], (images) =>
        Effect.flip(send({ content: "", ...images }))
      )

      assertEquals(shown.content, "")
      deepStrictEqual(
        empty.map((refused) => [refused.status, refused.tag, placeOf(refused)]),
        [
          [422, "Invalid", ["body", "content"]],
          [422, "Invalid", ["body", "content"]]
        ]
      )
      deepStrictEqual(yield* list(), [shown])
    })
  )

  it.effect("one image that cannot be taken refuses the whole message, and says which and why", () =>
    Effect.gen(function* () {
      const { kept, list, send } = yield* setup
      const before = yield* kept
      const svg = { data: Buffer.from("<svg/>").toString("base64"), media_type: "image/png" }
      const large = { data: png(2001).toString("base64"), media_type: "image/png" }

      const answers = yield* Effect.forEach(
        [
          { images: [both, svg] },
          { images: [large, both] },
          { image_data: "not base64", image_media_type: "image/png" },
          { images: [svg, both, both, both, both, both] },
          { images: [both, both, both, both, both], image_data: gif }
        ],
        (body) => Effect.flip(send({ content: "Look", ...body }))
      )

      deepStrictEqual(
        answers.map(({ body, status, tag }) => [status, tag, body["reason"], body["image"]]),
        [
          [422, "ImageRefused", "unknown_type", 2],
          [422, "ImageRefused", "too_large", 1],
          [422, "ImageRefused", "unreadable", 1],
          [422, "ImageRefused", "too_many", null],
          [422, "ImageRefused", "too_many", null]
        ]
      )
      deepStrictEqual(
        answers[0]?.detail,
        "Image 2 is of none of the types image/png, image/jpeg, image/gif, image/webp"
      )
      deepStrictEqual(
        [answers[1]?.body["allowed"], answers[1]?.body["max_bytes"], answers[1]?.body["max_images"]],
        [["image/png", "image/jpeg", "image/gif", "image/webp"], 2000, 5]
      )
      deepStrictEqual(yield* list(), [])
      assertEquals(yield* kept, before)
    })
  )

  it.effect("an image of another shape is told its place", () =>
    Effect.gen(function* () {
      const { send } = yield* setup

      const misfits: ReadonlyArray<object> = [
        { images: [{ url: "/x" }] },
        { images: "x" },
        { image_data: 7 },
        { images: [pixel] }
      ]
      const answers = yield* Effect.forEach(misfits, (images) => Effect.flip(send({ content: "Look", ...images })))

      deepStrictEqual(
        answers.map((refused) => [refused.status, refused.tag, placeOf(refused)?.slice(0, 2)]),
        [
          [422, "Invalid", ["body", "images"]],
          [422, "Invalid", ["body", "images"]],
          [422, "Invalid", ["body", "image_data"]],
          [422, "Invalid", ["body", "images"]]
        ]
      )
    })
  )

  it.scoped("a message names its images wherever it is read", () =>
    Effect.gen(function* () {
      const { id, list, path, room, send } = yield* setup
      const watch = yield* Watch.room(id)
      const shown = yield* send({ content: "Look", images: [both, gif] })
      yield* send({ content: "Bare" })

      const sent = { ...shown, image_data: null }
      const event = yield* watch.until("new_message")
      const whole = Effect.map(room, ({ messages }) => messages)
      const pages = yield* Effect.all([list({ after: 0 }), list({ limit: 2 }), whole])

      for (const message of [event.message, ...pages.map((page) => page[0])]) deepStrictEqual(message, sent)
      assertEquals(sent.image_media_type, null)
      assertEquals(sent.images?.length, 2)
      urlsOf(sent).forEach((url, at) =>
        assertTrue(new RegExp(`^${path}/messages/${sent.id}/images/${at}\\?key=[\\w-]{22}$`).test(url), url)
      )
      assertEquals(pages[0][1]?.images, null)
    })
  )

  it.effect("the same message sent again with its key is stored once, with its images", () =>
    Effect.gen(function* () {
      const { kept, list, send } = yield* setup
      const before = Number(yield* kept)
      const show = send({ content: "", images: [both, gif] }, { "idempotency-key": "k" })

      const first = yield* show

      deepStrictEqual(yield* show, first)
      deepStrictEqual(yield* list(), [first])
      assertEquals(yield* kept, before + 2)
    })
  )

  it.effect("images go with their message and with their room", () =>
    Effect.gen(function* () {
      const cleared = yield* setup
      const removed = yield* setup
      const before = Number(yield* cleared.kept)
      const sent = yield* Effect.forEach([cleared, removed], ({ send }) => send({ content: "", images: [both, gif] }))
      const nobody = yield* Client.as(null)
      const full = yield* cleared.kept

      yield* cleared.ask(({ messages }) => messages.clear({ path: cleared.inRoom }))
      yield* removed.ask(({ rooms }) => rooms.remove({ path: removed.inRoom }))

      assertEquals(full, before + 4)
      assertEquals(yield* cleared.kept, before)
      deepStrictEqual(
        yield* Effect.forEach(sent.map(urlsOf), ([url = ""]) => Effect.map(look(nobody, url), ({ status }) => status)),
        [401, 401]
      )
    })
  )
})
