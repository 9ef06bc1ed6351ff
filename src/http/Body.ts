import { type HttpApp, HttpServerError, HttpServerRequest } from "@effect/platform"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Data, Effect } from "effect"
import { isUtf8 } from "node:buffer"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import type { IncomingMessage } from "node:http"
import type { BodyBound } from "../domain/Body.ts"
import { BodyNotJson, BodyTooLarge } from "../domain/Error.ts"
import type { SettingsValues } from "../domain/Settings.ts"
import { isDeeper } from "../lib/json.ts"
import { nextTurn } from "../lib/turns.ts"
import { routeOf } from "./Routes.ts"

type Request = HttpServerRequest.HttpServerRequest
type Headers = Request["headers"]

/** A body that is no JSON, or did not come to its end. */
export class BodyUnreadable extends Data.TaggedError("BodyUnreadable")<{ readonly cause: unknown }> {
  static readonly of = (cause: unknown) => new BodyUnreadable({ cause })
}

const bytesOf = (source: IncomingMessage, most: number) =>
  Effect.async<Uint8Array, BodyUnreadable>((resume) => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const keep = (chunk: Uint8Array) => {
      size += chunk.length
      if (size <= most) return void chunks.push(chunk)
      // The rest is thrown away as it comes: a connection cut off here would take the answer with it.
      source.off("data", keep).resume()
      chunks.length = 0
      resume(Effect.die(BodyTooLarge.of(most)))
    }
    source.on("data", keep)
    source.once("end", () => {
      const [first] = chunks
      resume(Effect.succeed(first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks)))
    })
    source.once("error", (cause) => resume(BodyUnreadable.of(cause)))
  })

// What looks at a body later goes down it by calls, for which there is only so much room.
const deepest = 100
/** What is longer than this is looked at in several turns of the event loop. */
const long = 2 ** 20

const notTooDeep = (text: string) =>
  Effect.flatMap(isDeeper(text, deepest), (isTooDeep) =>
    isTooDeep ? BodyUnreadable.of("The body is nested too deeply") : Effect.succeed(text)
  )

const textIn = (bytes: Uint8Array) => {
  if (!isUtf8(bytes)) return BodyUnreadable.of("The body is not UTF-8")
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
  return bytes.length > long ? Effect.zipRight(nextTurn, notTooDeep(text)) : notTooDeep(text)
}

/** The body as text, of which nothing is made up: the library puts a sign of its own where there is no UTF-8. */
export const textOf = (source: IncomingMessage, most: number) =>
  Effect.flatMap(bytesOf(source, most), (bytes) =>
    bytes.length > long ? Effect.flatMap(nextTurn, () => textIn(bytes)) : textIn(bytes)
  )

const isJson = /^application\/json\s*(;|$)/i
const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i
const isUnicode = /^utf-?8$/i

/** Why a body is refused by what is said of it. */
export const refusalOf = ({
  "content-encoding": coding = "identity",
  "content-type": type = "application/json"
}: Headers) => {
  if (!isJson.test(type)) return BodyNotJson.of()
  if (!isUnicode.test(charset.exec(type)?.[1] ?? "utf-8")) return BodyNotJson.of("The body must be in UTF-8")
  return coding.toLowerCase() === "identity" ? undefined : BodyNotJson.of("The body must not be compressed")
}

/** Why a body is refused by its size, as it is announced. */
export const excessOf = ({ "content-length": length }: Headers, most: number) =>
  Number(length) > most ? BodyTooLarge.of(most) : undefined

/** Refuses a body that is not plain JSON in UTF-8, or is larger than its route may be sent, as soon as that is seen. */
export const bounded =
  (limits: Pick<SettingsValues, BodyBound["Type"]>) =>
  <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E | BodyTooLarge | BodyNotJson, R> => {
    const answer = (request: Request): HttpApp.Default<E | BodyTooLarge | BodyNotJson, R> => {
      const route = routeOf(request)
      const most = limits[route?.bound ?? "MAX_BODY_BYTES"]
      const excess = excessOf(request.headers, most)
      if (excess !== undefined) return excess
      if (!route?.takesBody) return app
      const text = textOf(NodeHttpServerRequest.toIncomingMessage(request), most).pipe(
        Effect.mapError(({ cause }) => new HttpServerError.RequestError({ request, reason: "Decode", cause }))
      )
      const bounded: Request = Object.create(request, { text: { value: text } })
      return refusalOf(request.headers) ?? Effect.provideService(app, HttpServerRequest.HttpServerRequest, bounded)
    }
    return Effect.flatMap(HttpServerRequest.HttpServerRequest, answer)
  }
