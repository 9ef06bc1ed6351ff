import { Effect } from "effect"
import { stringify } from "../../../src/lib/json.ts"
import type { Reply } from "./Protocol.ts"

/** Sends these bytes as the body of a stream. */
export const bytes =
  (...pieces: ReadonlyArray<string | Uint8Array>): Reply =>
  (response) =>
    Effect.sync(() => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      for (const piece of pieces) response.write(piece)
      response.end()
    })

/** The data of an event, as it is where it is a text. */
export const frame = (event: unknown) => `data: ${typeof event === "string" ? event : stringify(event)}\n\n`

/** Sends these events as they are. */
export const frames = (...events: ReadonlyArray<unknown>): Reply => bytes(events.map(frame).join(""))

/** Answers with one JSON document, as an endpoint does that does not stream. */
export const body =
  (document: unknown, type = "application/json"): Reply =>
  (response) =>
    Effect.sync(() => {
      response.writeHead(200, { "content-type": type })
      response.end(stringify(document))
    })

/** Sends these events and then nothing more. */
export const unended =
  (...events: ReadonlyArray<unknown>): Reply =>
  (response) =>
    Effect.suspend(() => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.write(events.map(frame).join(""))
      return Effect.never
    })

/** Sends these events and breaks the connection off. */
export const reset =
  (...events: ReadonlyArray<unknown>): Reply =>
  (response) =>
    Effect.async((resume) => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.write(events.map(frame).join(""), () => {
        response.socket?.destroy()
        resume(Effect.void)
      })
    })
