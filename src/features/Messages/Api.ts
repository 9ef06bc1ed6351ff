import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { Schema } from "effect"
import { Authenticated } from "../Auth/Api.ts"
import { AgentId } from "../../domain/Agent.ts"
import { WriteRefused } from "../../domain/Error.ts"
import { ImageRefused } from "../../domain/Image.ts"
import { Message, MessageCreate } from "../../domain/Message.ts"
import { CursorParam, LimitParam, optional, RoomParam } from "../../domain/Param.ts"
import { RoomBusy, RoomForbidden, RoomNotFound } from "../../domain/Room.ts"
import { AdminRequired } from "../../domain/User.ts"
import { ChattingLimit, PollLimit, SendLimit } from "../RateLimits/Api.ts"

/** An agent at work; each text under both names that clients know. */
const ChattingAgent = Schema.Struct({
  id: AgentId,
  name: Schema.String,
  display_name: Schema.NullOr(Schema.String),
  profile_pic: Schema.NullOr(Schema.String),
  partial_thinking: Schema.String,
  partial_content: Schema.String,
  thinking_text: Schema.String,
  response_text: Schema.String
})

export const Chatting = Schema.Struct({ chatting_agents: Schema.Array(ChattingAgent) })

/**
 * The newest page; with `before` the page before that id, with `after` the page after it. Without any of the three
 * parameters the first image of each message stands inside it, the newest up to 5 MiB in all, as clients of the
 * original read it.
 */
export const list = HttpApiEndpoint.get("list", "/messages")
  .annotate(OpenApi.Summary, "List messages")
  .setPath(RoomParam)
  .setUrlParams(
    Schema.Struct({
      limit: optional(LimitParam),
      after: optional(CursorParam),
      before: optional(CursorParam)
    })
  )
  .addSuccess(Schema.Array(Message))
  .addError(RoomNotFound)
  .addError(RoomForbidden)

/** What came after `since_id`, at most a hundred; the newest hundred without it. With images inside. */
export const poll = HttpApiEndpoint.get("poll", "/messages/poll")
  .annotate(OpenApi.Summary, "Poll for new messages")
  .setPath(RoomParam)
  .setUrlParams(Schema.Struct({ since_id: optional(CursorParam) }))
  .addSuccess(Schema.Array(Message))
  .addError(RoomNotFound)
  .addError(RoomForbidden)

export const chatting = HttpApiEndpoint.get("chatting", "/chatting-agents")
  .annotate(OpenApi.Summary, "List the agents that are speaking")
  .setPath(RoomParam)
  .addSuccess(Chatting)
  .addError(RoomNotFound)
  .addError(RoomForbidden)

/**
 * A repeated `Idempotency-Key` answers with the message that was stored first; with `Prefer: return=minimal` no image
 * stands inside the answer.
 */
export const send = HttpApiEndpoint.post("send", "/messages/send")
  .annotate(OpenApi.Summary, "Send a message")
  .setPath(RoomParam)
  .setHeaders(
    Schema.Struct({
      "idempotency-key": Schema.optional(Schema.NonEmptyString.pipe(Schema.maxLength(200))),
      prefer: Schema.optional(Schema.String)
    })
  )
  .setPayload(MessageCreate)
  .addSuccess(Message)
  .addError(RoomNotFound)
  .addError(RoomForbidden)
  .addError(ImageRefused)
  .addError(RoomBusy)
  .addError(WriteRefused)

export class MessagesApi extends HttpApiGroup.make("messages")
  .annotate(OpenApi.Description, "What was said, and what is being said.")
  .add(list)
  .add(poll.middleware(PollLimit))
  .add(chatting.middleware(ChattingLimit))
  .add(send.middleware(SendLimit))
  .add(
    HttpApiEndpoint.del("clear", "/messages")
      .annotate(OpenApi.Summary, "Delete all messages of a room")
      .setPath(RoomParam)
      .addSuccess(Schema.Struct({ message: Schema.String }))
      .addError(RoomNotFound)
      .addError(AdminRequired)
      .addError(WriteRefused)
  )
  .middleware(Authenticated)
  .prefix("/rooms/:room_id") {}
