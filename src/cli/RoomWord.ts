import { Data, Effect, Option, Stream } from "effect"
import type { Client, Refused } from "../client/client.ts"
import type { NotConnected } from "./Connection.ts"

export class RoomUnknown extends Data.TaggedError("RoomUnknown")<{ readonly word: string; readonly reason: string }> {
  override get message() {
    return `room ${this.word} ${this.reason}`
  }
}

type Ask = <A>(call: (calls: Client) => Promise<A>) => Effect.Effect<A, Refused | NotConnected>

const page = 1000

/** The rooms that the caller sees, page by page. */
export const everyRoom = (ask: Ask) =>
  Stream.flattenIterables(
    Stream.paginateEffect(null, (after: number | null) =>
      Effect.map(
        ask(({ rooms }) => rooms.list({ urlParams: after === null ? { limit: page } : { limit: page, after } })),
        (found) => [found, Option.fromNullable(found.length < page ? null : found.at(-1)?.id)] as const
      )
    )
  )

/** The number of a room that somebody gives by its number or its name. */
export const numberOf = Effect.fnUntraced(function* (ask: Ask, word: string) {
  if (/^\d+$/.test(word)) return Number(word)
  const named = yield* Stream.runCollect(Stream.filter(everyRoom(ask), ({ name }) => name === word))
  const [first, ...others] = [...named].map(({ id }) => id)
  if (first === undefined) return yield* new RoomUnknown({ word, reason: "is not there" })
  if (others.length === 0) return first
  return yield* new RoomUnknown({ word, reason: `is the name of several: ${[first, ...others].join(", ")}` })
})
