import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { both, gif, look, setup as makeRoom } from "../../support/Album.ts"
import * as House from "../../support/House.ts"
import { bytesOf } from "../../support/images.ts"

const setup = Effect.map(makeRoom, (room) => ({
  ...room,
  page: (name: string) => room.json("GET", `${room.path}/${name}`)
}))

/** A picture of so many bytes. */
const large = (size: number) => Buffer.concat([bytesOf(gif.data)], size).toString("base64")

layer(House.shared(), { excludeTestServices: true })("Images inside messages", (it) => {
  it.effect("the first one stands where the original's page reads it, and nowhere else", () =>
    Effect.gen(function* () {
      const { json, page, path, send } = yield* setup

      const { data: old } = yield* send({ content: "Look", image_data: { ...gif, media_type: "image/png" } })
      const { data: list } = yield* send({ content: "Two", images: [both, gif] })
      yield* send({ content: "Bare" })
      const bare = yield* json(
        "POST",
        `${path}/messages/send`,
        { content: "", images: [gif] },
        { prefer: "return=minimal" }
      )

      deepStrictEqual([old.image_data, list.image_data], [gif, both])
      deepStrictEqual([bare.data.image_data, bare.data.images.length], [null, 1])
      for (const name of ["messages", "messages/poll", "messages/poll?since_id=0"]) {
        const found = (yield* page(name)).data
        deepStrictEqual(
          found.map(({ image_data }: { readonly image_data: unknown }) => image_data),
          [gif, both, null, gif]
        )
        deepStrictEqual(found.slice(0, 2), [old, list])
      }
      for (const name of ["messages?limit=9", "messages?after=0", ""]) {
        const { data } = yield* page(name)
        for (const message of data.messages ?? data) assertEquals(message.image_data, null)
      }
    })
  )

  it.effect("they are bounded: the newest come along, an older one is only named", () =>
    Effect.gen(function* () {
      const { page, send } = yield* setup
      const data = large(2_700_000)
      yield* send({ content: "", image_data: data })
      yield* send({ content: "", image_data: data })

      const found = (yield* page("messages/poll?since_id=0")).data

      deepStrictEqual(
        found.map((message: any) => [message.image_data?.data === data, message.images.length]),
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
      const ask = (known = "") => look(client, `${path}/messages`, { "if-none-match": known })

      const first = yield* ask()
      const again = yield* ask(first.headers["etag"])
      const plain = yield* look(client, `${path}/messages?limit=1000`, { "if-none-match": first.headers["etag"] })
      yield* send({ content: "More" })
      const more = yield* ask(first.headers["etag"])

      deepStrictEqual([first.status, again.status, plain.status, more.status], [200, 304, 200, 200])
    })
  )
})
