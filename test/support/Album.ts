import { SqlClient } from "@effect/sql"
import { Effect } from "effect"
import * as Client from "./Client.ts"
import { images, pixel } from "./images.ts"

let rooms = 0

/** A room to show images in. */
export const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const sql = yield* SqlClient.SqlClient
  const { data } = yield* client.json("POST", "/rooms", { name: `room ${++rooms}` })
  const path = `/rooms/${data.id}`
  const send = (body: object, key?: string) =>
    client.json("POST", `${path}/messages/send`, body, key === undefined ? {} : { "idempotency-key": key })
  const read = Effect.map(client.json("GET", `${path}/messages`), ({ data }) => data)
  const kept = Effect.map(sql`SELECT count(*) AS n FROM attachments`, ([row]) => row?.["n"])
  return { client, json: client.json, id: Number(data.id), path, send, read, kept }
})

/** Fetches bytes, whatever they are. */
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

export const both = { data: pixel, media_type: "image/png" }
export const gif = { data: images["image/gif"], media_type: "image/gif" }
