import { HttpApiBuilder } from "@effect/platform"
import { Effect, Option } from "effect"
import { Api } from "../Api.ts"
import { PageSize } from "../domain/Message.ts"
import { page } from "../lib/response.ts"
import { LiveTurns } from "../LiveTurns.ts"
import { Messages } from "../Messages.ts"
import { Rooms } from "../Rooms.ts"

const everything = PageSize.make(1000)
const pollPage = PageSize.make(100)

export const layer = HttpApiBuilder.group(Api, "messages", (handlers) =>
  Effect.gen(function* () {
    const messages = yield* Messages
    const rooms = yield* Rooms
    const live = yield* LiveTurns
    return handlers
      .handle("list", ({ path, urlParams: { after, before, limit = everything } }) =>
        Effect.map(
          messages.page(path.room_id, {
            limit,
            after: Option.fromNullable(after),
            before: Option.fromNullable(before)
          }),
          page
        )
      )
      .handle("poll", ({ path, urlParams: { since_id } }) =>
        Effect.map(
          messages.page(path.room_id, { limit: pollPage, after: Option.fromNullable(since_id), before: Option.none() }),
          page
        )
      )
      .handle("chatting", ({ path }) =>
        Effect.map(rooms.access(path.room_id), () => ({ chatting_agents: live.inRoom(path.room_id).map(chatting) }))
      )
      .handle("send", ({ headers, path, payload }) =>
        messages.send(path.room_id, payload, Option.fromNullable(headers["idempotency-key"]))
      )
      .handle("clear", ({ path }) =>
        Effect.as(messages.clear(path.room_id), { message: "All messages cleared successfully" })
      )
  })
)

const chatting = ({ agent, draft }: ReturnType<typeof LiveTurns.Service.inRoom>[number]) => {
  const content = draft.shown ? draft.text : ""
  return {
    ...agent,
    partial_thinking: draft.thinking,
    partial_content: content,
    thinking_text: draft.thinking,
    response_text: content
  }
}
