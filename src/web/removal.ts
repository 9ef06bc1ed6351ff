import { client } from "./api.ts"
import { byId, write } from "./dom.ts"
import { makeDialog } from "./picker.ts"
import type { OpenRoom } from "./room.ts"
import { doorWords } from "./words.ts"

const about = byId("remove-about", HTMLElement)

/** Asks before a room is gone for good. */
export const makeRemoval = (options: { readonly room: () => OpenRoom | null }) => {
  let room_id = 0
  const dialog = makeDialog("remove", async () => {
    await client.rooms.remove({ path: { room_id } })
  })
  return () => {
    const room = options.room()
    if (room === null) return
    room_id = room.id
    write(about, doorWords.willBeGone(room.room().name))
    dialog.show()
  }
}
