import { HttpApiBuilder, type HttpApiEndpoint } from "@effect/platform"
import { Effect, Option } from "effect"
import { Api } from "../Api.ts"
import { JsonText, stringify } from "../../lib/json.ts"
import { json, page } from "../../lib/response.ts"
import type { send } from "./Api.ts"
import { Messages } from "../Messages.ts"
import * as Readings from "../Readings.ts"

/** By RFC 7240, among other wishes. */
const isMinimal = (prefer = "") => /(^|,)\s*return\s*=\s*"?minimal"?\s*(,|;|$)/i.test(prefer)

type Sent = Omit<HttpApiEndpoint.HttpApiEndpoint.Request<typeof send>, "request">

/** Answers who sends a message. Node's request event leads here past the library, where the request is plain. */
export const sending = Effect.map(
  Messages,
  (messages) =>
    ({ headers, path, payload }: Sent) =>
      messages.send(path.room_id, payload, Option.fromNullable(headers["idempotency-key"])).pipe(
        Effect.flatMap((message) => (isMinimal(headers.prefer) ? Effect.succeed(message) : messages.whole(message))),
        Effect.map((message) => json(JsonText.make(stringify(message))))
      )
)

export const layer = HttpApiBuilder.group(Api, "messages", (handlers) =>
  Effect.gen(function* () {
    const messages = yield* Messages
    const { chatting, list, poll } = yield* Readings.make
    return handlers
      .handle("list", ({ path, urlParams }) => Effect.map(list.read(path, urlParams), page))
      .handle("poll", ({ path, urlParams }) => Effect.map(poll.read(path, urlParams), page))
      .handle("chatting", ({ path }) => Effect.map(chatting.read(path), page))
      .handle("send", yield* sending)
      .handle("clear", ({ path }) =>
        Effect.as(messages.clear(path.room_id), { message: "All messages cleared successfully" })
      )
  })
)
