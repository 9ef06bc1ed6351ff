import type { HttpApiEndpoint } from "@effect/platform"
import { Effect, Option, Schema } from "effect"
import { PageSize } from "../domain/Message.ts"
import type { PageParams, RoomParam } from "../domain/Param.ts"
import type { User } from "../domain/User.ts"
import { tagged } from "../lib/tagged.ts"
import { LiveTurns } from "../engine/LiveTurns.ts"
import { Messages, type Reading } from "./Messages.ts"
import { Rooms } from "./Rooms.ts"
import type { RoomPage } from "../store/RoomRepo.ts"
import { Chatting, type list, type poll } from "./Messages/Api.ts"

type Path = typeof RoomParam.Type
type Query<Endpoint extends HttpApiEndpoint.HttpApiEndpoint.Any> = HttpApiEndpoint.HttpApiEndpoint.UrlParams<Endpoint>

const everything = PageSize.make(1000)
const pollPage = PageSize.make(100)

/** Without a word of a page the unread rooms come first, as clients of the original have it. */
export const listed = (page: typeof PageParams.Type = {}): RoomPage => ({
  limit: everything,
  ...page,
  unreadFirst: Object.keys(page).length === 0
})

/** Without a word of a page, it is the original's own way of asking: its clients look for images inside. */
const told = ({ after, before, limit }: Query<typeof list> = {}): Reading => ({
  limit: limit ?? everything,
  after: Option.fromNullable(after),
  before: Option.fromNullable(before),
  inline: after === undefined && before === undefined && limit === undefined
})

const polled = ({ since_id }: Query<typeof poll> = {}): Reading => ({
  limit: pollPage,
  after: Option.fromNullable(since_id),
  before: Option.none(),
  inline: true
})

const encode = Schema.encodeSync(Schema.parseJson(Chatting))
const nobody = tagged(encode({ chatting_agents: [] }))

/**
 * What clients read again and again, as it is sent; `present` answers when it is remembered and the user may read it.
 */
export const make = Effect.gen(function* () {
  const { page, pageIfPresent } = yield* Messages
  const { access, isOpenTo, listIfPresent } = yield* Rooms
  const live = yield* LiveTurns

  const pages = <Query>(windowOf: (query?: Query) => Reading) => ({
    read: ({ room_id }: Path, query?: Query) => page(room_id, windowOf(query)),
    present: (user: User, { room_id }: Path, query?: Query) => pageIfPresent(user, room_id, windowOf(query))
  })

  const chatting = ({ room_id }: Path) => {
    const turns = live.inRoom(room_id)
    return turns.length === 0 ? nobody : tagged(encode({ chatting_agents: turns.map(shown) }))
  }

  return {
    rooms: { present: (user: User, page?: typeof PageParams.Type) => listIfPresent(user, listed(page)) },
    list: pages(told),
    poll: pages(polled),
    chatting: {
      read: (path: Path) => Effect.map(access(path.room_id), () => chatting(path)),
      present: (user: User, path: Path) => (isOpenTo(user, path.room_id) ? chatting(path) : undefined)
    }
  }
})

const shown = ({ agent, draft }: ReturnType<typeof LiveTurns.Service.inRoom>[number]) => {
  const content = draft.shown ? draft.text : ""
  return {
    ...agent,
    partial_thinking: draft.thinking,
    partial_content: content,
    thinking_text: draft.thinking,
    response_text: content
  }
}
