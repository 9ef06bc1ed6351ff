import { Context, Effect, Layer } from "effect"
import type { PageSize } from "../domain/Message.ts"
import type { RoomForbidden, RoomNotFound } from "../domain/Room.ts"
import type { RoomId } from "../domain/RoomId.ts"
import type { Found } from "../domain/Search.ts"
import { CurrentUser } from "../domain/User.ts"
import { MessageRepo } from "../store/MessageRepo.ts"
import { Rooms } from "./Rooms.ts"
import { excerpt, wordsOf } from "./Search/Excerpt.ts"
import { SearchIndex } from "../store/SearchIndex.ts"
import { SearchRepo } from "../store/SearchRepo.ts"

export interface Question {
  readonly query: string
  readonly before: number
  readonly limit: PageSize
}

/** Finds what was said. */
export class Search extends Context.Tag("parley/features/Search")<
  Search,
  {
    readonly inRoom: (
      room: RoomId,
      question: Question
    ) => Effect.Effect<Found, RoomNotFound | RoomForbidden, CurrentUser>
    /** In all rooms of the caller; the admin's are everybody's. */
    readonly everywhere: (question: Question) => Effect.Effect<Found, never, CurrentUser>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  ).pipe(Layer.provide([SearchRepo.layer, SearchIndex.layer]))
}

const make = Effect.gen(function* () {
  const rooms = yield* Rooms
  const repo = yield* SearchRepo
  const index = yield* SearchIndex
  const messages = yield* MessageRepo

  const find = Effect.fnUntraced(function* (room: RoomId | null, owner: string | null, question: Question) {
    const words = wordsOf(question.query)
    if (words.length === 0) return { hits: [], next_before: null }
    yield* index.complete
    const { edge, ids } = yield* repo.find({ ...question, words, room, owner })
    const found = yield* messages.these(ids)
    const hits = found.map((message) => ({ ...message, excerpt: excerpt(message.content, words) }))
    return { hits, next_before: edge } satisfies Found
  })

  return Search.of({
    inRoom: Effect.fn("Search.inRoom")((room, question) =>
      Effect.zipRight(rooms.access(room), find(room, null, question))
    ),
    everywhere: Effect.fn("Search.everywhere")((question) =>
      Effect.flatMap(CurrentUser, ({ role, user_id }) => find(null, role === "admin" ? null : user_id, question))
    )
  })
})
