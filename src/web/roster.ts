import { client } from "./api.ts"
import { byId } from "./dom.ts"
import { makePersona } from "./persona.ts"
import { fillPicker, makeDialog, picked } from "./picker.ts"
import type { OpenRoom } from "./room.ts"

const choices = byId("roster-agents", HTMLElement)

/** Lets a person change who sits in the room. */
export const makeRoster = (options: {
  readonly room: () => OpenRoom | null
  readonly isAdmin: () => boolean
  readonly failed: (error: unknown) => void
}) => {
  const dialog = makeDialog("roster", async () => {
    const room = options.room()
    if (room === null) return
    const before = new Set<number>(room.agents().map(({ id }) => id))
    const after = new Set(picked(choices))
    const coming = [...after]
      .filter((id) => !before.has(id))
      .map((agent_id) => client.rooms.join({ path: { room_id: room.id, agent_id } }))
    const going = [...before]
      .filter((id) => !after.has(id))
      .map((agent_id) => client.rooms.leave({ path: { room_id: room.id, agent_id } }))
    try {
      await Promise.all([...coming, ...going])
    } finally {
      void room.readSeats()
    }
  })
  const fill = async () => {
    const agents = await client.agents.list()
    const seated = new Set<number>(
      options
        .room()
        ?.agents()
        .map(({ id }) => id)
    )
    const editing = options.isAdmin() ? { edit } : {}
    fillPicker(choices, agents, { seated, mayUnseat: options.isAdmin(), ...editing })
    dialog.show()
  }
  const openPersona = makePersona(() => void options.room()?.readSeats())
  const edit = (agent: number) => {
    dialog.close()
    void openPersona(agent).catch(options.failed)
  }
  return fill
}
