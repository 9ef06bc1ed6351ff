import { SqlClient } from "@effect/sql"
import { Effect } from "effect"
import type { Client as Parley, Wire } from "../../src/client/client.ts"
import type { Message } from "../../src/domain/Message.ts"
import * as Client from "./Client.ts"
import { images, pixel } from "./images.ts"

type Sending = Parameters<Parley["messages"]["send"]>[0]
type Listing = Parameters<Parley["messages"]["list"]>[0]

let rooms = 0

/** A room to show images in. */
export const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const sql = yield* SqlClient.SqlClient
  const { ask } = client
  const { id } = yield* ask(({ rooms: all }) => all.create({ payload: { name: `room ${++rooms}` } }))
  const inRoom = { room_id: id }
  const send = (payload: Sending["payload"], headers: Sending["headers"] = {}) =>
    ask(({ messages }) => messages.send({ path: inRoom, payload, headers }))
  const list = (urlParams: Listing["urlParams"] = {}) =>
    ask(({ messages }) => messages.list({ path: inRoom, urlParams }))
  const room = ask(({ rooms: all }) => all.get({ path: inRoom }))
  const kept = Effect.map(sql`SELECT count(*) AS n FROM attachments`, ([row]) => row?.["n"])
  return { client, ask, id, inRoom, path: `/rooms/${id}`, send, list, room, kept }
})

/** Fetches bytes, whatever they are, with the headers around them. */
export const look = (client: Effect.Effect.Success<ReturnType<typeof Client.as>>, url: string, headers = {}) =>
  Effect.scoped(
    Effect.flatMap(client.send("GET", url, undefined, headers), (response) =>
      Effect.map(response.arrayBuffer, (body) => ({
        status: response.status,
        headers: response.headers,
        body: new Uint8Array(body)
      }))
    )
  )

/** Where each image of a message is. */
export const urlsOf = ({ images }: Wire<Message>) => images?.map(({ url }) => url) ?? []

export const both = { data: pixel, media_type: "image/png" as const }
export const gif = { data: images["image/gif"], media_type: "image/gif" as const }
