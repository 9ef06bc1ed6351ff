import { client } from "./api.ts"
import type { EventOf, Round } from "./wire.ts"

/** Who has still to speak in the newest pass. */
const stillToCome = ({ tape, turns }: Round) => {
  const pass = Math.max(0, ...tape.map((cell) => cell.pass))
  const reached = Math.max(-1, ...turns.map(({ cell }) => cell))
  const spoke = new Set(turns.map(({ agent_id, cell }) => `${cell} ${agent_id}`))
  return tape.flatMap((cell, index) =>
    cell.pass !== pass || index < reached || cell.after !== null
      ? []
      : cell.speakers.flatMap(({ agent_id, name, reason }) =>
          reason === "critic" || spoke.has(`${index} ${agent_id}`) ? [] : name
        )
  )
}

/** Which rounds of a room are under way, and who is to speak next. */
export const makeProgress = (room: number, changed: () => void) => {
  /** Who is still to speak, by round; the oldest round is the one that is played. */
  const open = new Map<number, ReadonlyArray<string>>()
  const over = new Set<number>()

  const current = () => open.entries().next().value ?? null
  const next = () => current()?.[1] ?? []

  /** The tape is read again where the events do not tell: after a reload, and from the second pass on. */
  const read = async (id: number) => {
    const before = open.get(id)
    const round = await client.rounds.get({ path: { room_id: room, round_id: id } })
    if (before === undefined || open.get(id) !== before) return
    open.set(id, stillToCome(round))
    changed()
  }

  return {
    isQuiet: () => open.size === 0,
    next,

    started({ agents, round_id }: EventOf<"round_started">) {
      open.set(round_id, agents)
    },

    /** Known from the list of rounds, not from its beginning. */
    async found(id: number) {
      if (open.has(id) || over.has(id)) return
      open.set(id, [])
      await read(id)
    },

    async speaks(name: string) {
      const round = current()
      if (round === null) return
      const [id, names] = round
      const place = names.indexOf(name)
      open.set(id, names.slice(place + 1))
      if (place === -1) await read(id)
    },

    ended(id: number) {
      open.delete(id)
      over.add(id)
    }
  }
}
