import { layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { both, gif, look, setup as album } from "../../support/Album.ts"
import * as House from "../../support/House.ts"
import { bytesOf } from "../../support/images.ts"

const setup = Effect.map(album, (found) => ({
  ...found,
  poll: (urlParams: { readonly since_id?: number } = {}) =>
    found.ask(({ messages }) => messages.poll({ path: found.inRoom, urlParams }))
}))

/** A picture of so many bytes. */
const large = (size: number) => Buffer.concat([bytesOf(gif.data)], size).toString("base64")

layer(House.shared(), { excludeTestServices: true })("Images inside messages", (it) => {
  it.effect("the first one stands where the original's page reads it, and nowhere else", () =>
    Effect.gen(function* () {
      const { list, poll, room, send } = yield* setup

      const old = yield* send({ content: "Look", image_data: { ...gif, media_type: "image/png" } })
      const two = yield* send({ content: "Two", images: [both, gif] })
      yield* send({ content: "Bare" })
      const bare = yield* send({ content: "", images: [gif] }, { prefer: "return=minimal" })

      deepStrictEqual([old.image_data, two.image_data], [gif, both])
      deepStrictEqual([bare.image_data, bare.images?.length], [null, 1])
      for (const found of yield* Effect.all([list(), poll(), poll({ since_id: 0 })])) {
        deepStrictEqual(
          found.map(({ image_data }) => image_data),
          [gif, both, null, gif]
        )
        deepStrictEqual(found.slice(0, 2), [old, two])
      }
      const whole = Effect.map(room, ({ messages }) => messages)
      for (const found of yield* Effect.all([list({ limit: 9 }), list({ after: 0 }), whole])) {
        deepStrictEqual(
          found.map(({ image_data }) => image_data),
          [null, null, null, null]
        )
      }
    })
  )

  it.effect("they are bounded: the newest come along, an older one is only named", () =>
    Effect.gen(function* () {
      const { poll, send } = yield* setup
      const data = large(2_700_000)
      yield* send({ content: "", image_data: data })
      yield* send({ content: "", image_data: data })

      const found = yield* poll({ since_id: 0 })

      deepStrictEqual(
        found.map(({ image_data, images }) => [image_data?.data === data, images?.length]),
        [
          [false, 1],
          [true, 1]
        ]
      )
    })
  )

  it.effect("a page with images is known by its tag, and is another one when something was said", () =>
    Effect.gen(function* () {
      const { client, path, send } = yield* setup
      yield* send({ content: "", image_data: gif.data })
      const page = (known = "") => look(client, `${path}/messages`, { "if-none-match": known })

      const first = yield* page()
      const again = yield* page(first.headers["etag"])
      const plain = yield* look(client, `${path}/messages?limit=1000`, { "if-none-match": first.headers["etag"] })
      yield* send({ content: "More" })
      const more = yield* page(first.headers["etag"])

      deepStrictEqual([first.status, again.status, plain.status, more.status], [200, 304, 200, 200])
    })
  )
})
