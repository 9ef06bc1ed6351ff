import { client } from "./api.ts"
import { byId } from "./dom.ts"
import { makePersona } from "./persona.ts"
import { alone, fillPicker, makeDialog, picked } from "./picker.ts"
import type { OpenRoom } from "./room.ts"
import { doorWords } from "./words.ts"

const choices = byId("roster-agents", HTMLElement)
const newcomer = byId("agent-new", HTMLElement)

/** Lets a person change who sits in the room. */
export const makeRoster = (options: {
  readonly room: () => OpenRoom | null
  readonly isAdmin: () => boolean
  readonly alone: (agent: number) => Promise<void>
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
    const isAdmin = options.isAdmin()
    const apart = alone((agent) => dialog.instead(() => options.alone(agent)))
    fillPicker(choices, agents, { seated, mayUnseat: isAdmin, acts: isAdmin ? [apart, edit] : [apart] })
    newcomer.hidden = !isAdmin
    dialog.show()
  }
  const persona = makePersona({
    changed: () => void options.room()?.readSeats(),
    made: () => void fill().catch(options.failed)
  })
  const edit = {
    sign: "✎",
    label: doorWords.edit,
    act: (agent: number) => {
      dialog.close()
      void persona.change(agent).catch(options.failed)
    }
  }
  newcomer.addEventListener("click", () => {
    dialog.close()
    persona.create()
  })
  return fill
}
