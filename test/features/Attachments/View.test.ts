import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { both, gif, look, setup, urlsOf } from "../../support/Album.ts"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"
import { bytesOf, pixel } from "../../support/images.ts"

// An image's address is asked for as it stands in its message: in plain HTTP, as a browser does.

layer(House.shared(), { excludeTestServices: true })("View", (it) => {
  it.effect("an image's address is enough to see it, and a browser can do nothing with it but show it", () =>
    Effect.gen(function* () {
      const { send } = yield* setup
      const [, url = ""] = urlsOf(yield* send({ content: "", images: [gif, both] }))
      const nobody = yield* Client.as(null)

      const shown = yield* look(nobody, url)
      const again = yield* look(nobody, url, { "if-none-match": shown.headers["etag"] })

      deepStrictEqual([shown.status, shown.body], [200, bytesOf(pixel)])
      deepStrictEqual([again.status, again.body.length, again.headers["etag"]], [304, 0, shown.headers["etag"]])
      for (const { headers } of [shown, again]) {
        deepStrictEqual(
          ["x-content-type-options", "content-disposition", "cache-control", "content-security-policy"].map(
            (name) => headers[name]
          ),
          ["nosniff", "inline", "private, no-cache", "default-src 'none'; style-src 'unsafe-inline'; sandbox"]
        )
      }
      assertEquals(shown.headers["content-type"], "image/png")
    })
  )

  it.effect("a wrong key opens nothing, and does not tell what is there", () =>
    Effect.gen(function* () {
      const { path, send } = yield* setup
      const other = yield* setup
      const sent = yield* send({ content: "", images: [both, gif] })
      const [first, second] = urlsOf(sent).map((url) => new URL(url, "http://x"))
      assertTrue(first !== undefined && second !== undefined)
      const nobody = yield* Client.as(null)

      const answers = yield* Effect.forEach(
        [
          first.pathname,
          `${first.pathname}?key=`,
          `${first.pathname}?key=x`,
          first.pathname + second.search,
          first.pathname.replace(/0$/, "2") + first.search,
          first.pathname.replace(path, other.path) + first.search,
          `/rooms/999999/messages/1/images/0${first.search}`,
          "/rooms/x/messages/y/images/-1"
        ],
        (url) => nobody.json("GET", url)
      )

      deepStrictEqual(
        answers.map(({ status, tag }) => [status, tag]),
        answers.map(() => [401, "Unauthenticated"])
      )
    })
  )

  it.effect("with a token an image is open to those to whom the room is, whatever the key", () =>
    Effect.gen(function* () {
      const { client: admin, path, send } = yield* setup
      const sent = yield* send({ content: "", images: [both] })
      const guest = yield* Client.guest
      const [url = ""] = urlsOf(sent)
      const [bare = ""] = url.split("?")

      const seen = yield* Effect.forEach([bare, url, `${bare}?key=x`], (address) => look(admin, address))
      const refused = yield* Effect.forEach([bare, url], (address) => guest.json("GET", address))
      const missing = yield* Effect.forEach(
        [
          `${path}/messages/${sent.id}/images/1`,
          `${path}/messages/999999/images/0`,
          "/rooms/999999/messages/1/images/0"
        ],
        (address) => admin.json("GET", address)
      )

      deepStrictEqual(
        seen.map(({ status }) => status),
        [200, 200, 200]
      )
      deepStrictEqual(
        refused.map(({ status, tag }) => [status, tag]),
        [
          [403, "RoomForbidden"],
          [403, "RoomForbidden"]
        ]
      )
      deepStrictEqual(
        missing.map(({ status, tag }) => [status, tag]),
        [
          [404, "ImageNotFound"],
          [404, "ImageNotFound"],
          [404, "RoomNotFound"]
        ]
      )
    })
  )
})
