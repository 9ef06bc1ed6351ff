import { Refused } from "../client/client.ts"
import type { RoomDocument } from "../domain/RoomDocument.ts"
import { client } from "./api.ts"
import { byId } from "./dom.ts"
import type { Wire } from "../client/client.ts"
import { doorWords } from "./words.ts"

const json = byId("export-json", HTMLAnchorElement)
const markdown = byId("export-markdown", HTMLAnchorElement)

/** Where the room can be had as a file. */
export const offerFiles = (room: number) => {
  json.href = `/rooms/${room}/export`
  markdown.href = `/rooms/${room}/export?format=markdown`
}

const reasonOf = ({ detail }: Refused) => {
  const [place] = typeof detail === "string" ? [] : detail
  return place === undefined ? doorWords.notARoom : doorWords.notTaken(place.loc.slice(1).join("."), place.msg)
}

/** Makes a room out of a file. */
export const importRoom = async (file: File) => {
  const text = await file.text()
  try {
    const payload: Wire<RoomDocument> = JSON.parse(text)
    return await client.documents.import({ payload })
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(doorWords.notARoom, { cause: error })
    if (error instanceof Refused && error.tag === "Invalid") throw new Error(reasonOf(error), { cause: error })
    throw error
  }
}
