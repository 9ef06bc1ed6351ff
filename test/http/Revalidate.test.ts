import { layer } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"

let rooms = 0

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const { id } = yield* client.ask((parley) => parley.rooms.create({ payload: { name: `tagged ${++rooms}` } }))
  const say = client.ask(({ messages }) => messages.send({ path: { room_id: id }, payload: { content: "Hello." } }))
  return { ...client, id, say }
})

const look = ({ send }: Effect.Effect.Success<ReturnType<typeof Client.as>>, path: string, known?: string) =>
  Effect.scoped(
    Effect.flatMap(
      send("GET", path, undefined, known === undefined ? {} : { "if-none-match": known }),
      ({ headers, status, text }) =>
        Effect.map(text, (text) => ({
          status,
          text,
          etag: headers["etag"] ?? "",
          cacheControl: headers["cache-control"],
          length: headers["content-length"]
        }))
    )
  )

layer(House.shared({ agents: { Ada: "Ada builds clocks." } }), { excludeTestServices: true })("Revalidation", (it) => {
  it.effect("who has a list or a poll already gets 304 and no body, until there is something new", () =>
    Effect.gen(function* () {
      const client = yield* setup
      const { id, say } = client
      yield* say
      for (const path of ["/rooms", `/rooms/${id}`, `/rooms/${id}/messages`, `/rooms/${id}/messages/poll`]) {
        const first = yield* look(client, path)
        const same = yield* look(client, path, first.etag)
        const weak = yield* look(client, path, `"other", W/${first.etag}`)
        yield* say
        const changed = yield* look(client, path, first.etag)

        deepStrictEqual([first.status, first.cacheControl], [200, "private, no-cache"])
        assertTrue(/^"[\w-]+"$/.test(first.etag))
        for (const { cacheControl, etag, status, text } of [same, weak]) {
          deepStrictEqual([status, text, etag, cacheControl], [304, "", first.etag, "private, no-cache"])
        }
        assertEquals(changed.status, 200)
        assertTrue(changed.etag !== first.etag)
      }
    })
  )

  it.effect("a list that nobody has changed has the tag that it had", () =>
    Effect.gen(function* () {
      const client = yield* setup
      for (const path of ["/agents", `/rooms/${client.id}/agents`, `/rooms/${client.id}/chatting-agents`]) {
        const first = yield* look(client, path)
        assertEquals((yield* look(client, path, first.etag)).status, 304)
      }
    })
  )

  it.effect("who may not see a room is refused, also with the right tag", () =>
    Effect.gen(function* () {
      const client = yield* setup
      const guest = yield* Client.guest
      const nobody = yield* Client.as(null)
      const path = `/rooms/${client.id}/messages`
      const { etag } = yield* look(client, path)

      const answers = [yield* look(guest, path, etag), yield* look(nobody, path, etag)]

      deepStrictEqual(
        answers.map(({ cacheControl, etag, status }) => [status, etag, cacheControl]),
        [
          [403, "", undefined],
          [401, "", undefined]
        ]
      )
    })
  )

  it.effect("a page of another origin may read the tag", () =>
    Effect.gen(function* () {
      const { json } = yield* setup

      const { headers } = yield* json("GET", "/rooms", undefined, { origin: "http://localhost:5173" })

      assertTrue(headers["access-control-expose-headers"]?.toLowerCase().split(",").includes("etag") ?? false)
    })
  )
})
