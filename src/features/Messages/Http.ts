import { HttpApiBuilder } from "@effect/platform"
import { Effect, Option } from "effect"
import { Api } from "../Api.ts"
import { page } from "../../lib/response.ts"
import { Messages } from "../Messages.ts"
import * as Readings from "../Readings.ts"

/** By RFC 7240, among other wishes. */
const isMinimal = (prefer = "") => /(^|,)\s*return\s*=\s*"?minimal"?\s*(,|;|$)/i.test(prefer)

export const layer = HttpApiBuilder.group(Api, "messages", (handlers) =>
  Effect.gen(function* () {
    const messages = yield* Messages
    const { chatting, list, poll } = yield* Readings.make
    return handlers
      .handle("list", ({ path, urlParams }) => Effect.map(list.read(path, urlParams), page))
      .handle("poll", ({ path, urlParams }) => Effect.map(poll.read(path, urlParams), page))
      .handle("chatting", ({ path }) => Effect.map(chatting.read(path), page))
      .handle("send", ({ headers, path, payload }) =>
        Effect.flatMap(
          messages.send(path.room_id, payload, Option.fromNullable(headers["idempotency-key"])),
          (message) => (isMinimal(headers.prefer) ? Effect.succeed(message) : messages.whole(message))
        )
      )
      .handle("clear", ({ path }) =>
        Effect.as(messages.clear(path.room_id), { message: "All messages cleared successfully" })
      )
  })
)
