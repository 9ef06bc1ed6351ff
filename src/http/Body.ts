import { type HttpApp, HttpServerError, HttpServerRequest } from "@effect/platform"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Effect } from "effect"
import { isUtf8 } from "node:buffer"
import type { BodyBound } from "../domain/Body.ts"
import { BodyNotJson, BodyTooLarge } from "../domain/Error.ts"
import type { SettingsValues } from "../domain/Settings.ts"
import { isDeeper } from "../lib/json.ts"
import { nextTurn } from "../lib/turns.ts"
import { routeOf } from "./Routes.ts"

type Request = HttpServerRequest.HttpServerRequest
type Headers = Request["headers"]

const chunksOf = (request: Request, most: number) =>
  Effect.async<ReadonlyArray<Uint8Array>, HttpServerError.RequestError>((resume) => {
    const source = NodeHttpServerRequest.toIncomingMessage(request)
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
    source.once("end", () => resume(Effect.succeed(chunks)))
    source.once("error", (cause) => resume(unreadable(request, cause)))
  })

const unreadable = (request: Request, cause: unknown) =>
  new HttpServerError.RequestError({ request, reason: "Decode", cause })

// What looks at a body later goes down it by calls, for which there is only so much room.
const deepest = 100
/** What is longer than this is looked at in several turns of the event loop. */
const long = 2 ** 20

/** The body as text, of which nothing is made up: the library puts a sign of its own where there is no UTF-8. */
const textOf = Effect.fnUntraced(function* (request: Request, most: number) {
  const bytes = Buffer.concat(yield* chunksOf(request, most))
  const isLong = bytes.length > long
  if (isLong) yield* nextTurn
  if (!isUtf8(bytes)) return yield* unreadable(request, "The body is not UTF-8")
  const text = bytes.toString()
  if (isLong) yield* nextTurn
  if (yield* isDeeper(text, deepest)) return yield* unreadable(request, "The body is nested too deeply")
  return text
})

const isJson = /^application\/json\s*(;|$)/i
const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i
const isUnicode = /^utf-?8$/i

/** Why a body is refused by what is said of it. */
const refusalOf = ({ "content-encoding": coding = "identity", "content-type": type = "application/json" }: Headers) => {
  if (!isJson.test(type)) return BodyNotJson.of()
  if (!isUnicode.test(charset.exec(type)?.[1] ?? "utf-8")) return BodyNotJson.of("The body must be in UTF-8")
  return coding.toLowerCase() === "identity" ? undefined : BodyNotJson.of("The body must not be compressed")
}

/** Refuses a body that is not plain JSON in UTF-8, or is larger than its route may be sent, as soon as that is seen. */
export const bounded =
  (limits: Pick<SettingsValues, BodyBound["Type"]>) =>
  <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E | BodyTooLarge | BodyNotJson, R> => {
    const answer = (request: Request): HttpApp.Default<E | BodyTooLarge | BodyNotJson, R> => {
      const route = routeOf(request)
      const most = limits[route?.bound ?? "MAX_BODY_BYTES"]
      if (Number(request.headers["content-length"]) > most) return BodyTooLarge.of(most)
      if (!route?.takesBody) return app
      const bounded: Request = Object.create(request, { text: { value: textOf(request, most) } })
      return refusalOf(request.headers) ?? Effect.provideService(app, HttpServerRequest.HttpServerRequest, bounded)
    }
    return Effect.flatMap(HttpServerRequest.HttpServerRequest, answer)
  }
