import type { MessageId } from "../domain/Message.ts"
import type { Sized } from "./AttachmentRepo.ts"

/** How many images a model is given in one turn. */
export const mostShown = 5

/** No model takes a request of any size: what these hold stays below it as base64, with room for the talk. */
const mostBytes = 15 * 1024 * 1024

/** The newest that fit, oldest first. An older one never stands in for a newer. */
export const newestWithin = (newestFirst: ReadonlyArray<Sized>, bytes: number): ReadonlyArray<Sized> => {
  const chosen: Array<Sized> = []
  let left = bytes
  for (const image of newestFirst) {
    left -= image.size
    if (left < 0) break
    chosen.unshift(image)
  }
  return chosen
}

/** What a model is shown, each with its number in the turn. */
export const choose = (newestFirst: ReadonlyArray<Sized>) =>
  newestWithin(newestFirst, mostBytes).map((image, at) => ({ ...image, name: `Picture ${at + 1}` }))

/** The names of the images that are shown, by their messages. */
export type Names = ReadonlyMap<MessageId, ReadonlyArray<string>>

export const namesOf = (chosen: ReturnType<typeof choose>): Names =>
  chosen.reduce(
    (names, { message_id, name }) => names.set(message_id, [...(names.get(message_id) ?? []), name]),
    new Map<MessageId, ReadonlyArray<string>>()
  )
