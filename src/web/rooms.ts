import { client } from "./api.ts"
import { byId, clock, h } from "./dom.ts"
import { importRoom } from "./files.ts"
import { alone, fillPicker, makeDialog, picked } from "./picker.ts"
import type { ProviderInfo, RoomSummary } from "./wire.ts"
import { doorWords, words } from "./words.ts"

const list = byId("rooms", HTMLUListElement)
const empty = byId("rooms-empty", HTMLElement)
const newName = byId("new-room-name", HTMLInputElement)
const newProvider = byId("new-room-provider", HTMLSelectElement)
const newModel = byId("new-room-model", HTMLInputElement)
const newModels = byId("new-room-models", HTMLDataListElement)
const newAgents = byId("new-room-agents", HTMLElement)
const newFile = byId("new-room-file", HTMLInputElement)

const seenKey = "parley.seen"

/** Until when this browser has shown each room. */
const seen: Record<string, string> = JSON.parse(localStorage.getItem(seenKey) ?? "{}")

export const markSeen = ({ id, last_activity_at }: RoomSummary) => {
  seen[id] = last_activity_at ?? ""
  localStorage.setItem(seenKey, JSON.stringify(seen))
}

const isUnread = ({ has_unread, id, last_activity_at }: RoomSummary) =>
  has_unread && last_activity_at !== null && last_activity_at > (seen[id] ?? "")

export const showRooms = (rooms: ReadonlyArray<RoomSummary>, current: number | null) => {
  const items = rooms.map((room) => {
    const isCurrent = room.id === current
    const unread = !isCurrent && isUnread(room)
    return h(
      "li",
      {},
      h(
        "a",
        { href: `#room=${room.id}`, ...(isCurrent ? { "aria-current": "page" } : {}) },
        h("span", { class: "name" }, room.name),
        ...(unread ? [h("span", { class: "dot" }, h("span", { class: "unseen" }, words.unread))] : []),
        h(
          "span",
          { class: "facts" },
          room.is_paused ? words.pausedMark : "",
          clock(room.last_activity_at ?? room.created_at)
        )
      )
    )
  })
  const focused = list.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null
  list.replaceChildren(...items)
  if (focused) list.querySelector<HTMLElement>(`a[href="${focused}"]`)?.focus()
  empty.hidden = rooms.length > 0
}

const choices = (providers: ReadonlyArray<ProviderInfo>, preferred: string) =>
  providers
    .filter(({ available }) => available)
    .map(({ is_model, name }) =>
      h("option", { value: name, selected: name === preferred }, is_model ? name : words.isScript(name))
    )

let offered: ReadonlyArray<ProviderInfo> = []

const offerModels = () => {
  const provider = offered.find(({ name }) => name === newProvider.value)
  newModel.value = ""
  newModel.placeholder = provider?.default_model ?? ""
  newModels.replaceChildren(...(provider?.models ?? []).map(({ id, name }) => h("option", { value: id }, name)))
}

newProvider.addEventListener("change", offerModels)

/** Lets a person make a room and seat agents in it, or bring one from a file. */
export const makeNewRoom = (options: {
  readonly made: (room: number, notice: string | null) => void
  readonly alone: (agent: number) => Promise<void>
}) => {
  const { made } = options
  const dialog = makeDialog("new-room", async () => {
    const { id: room_id } = await client.rooms.create({
      payload: { name: newName.value.trim(), provider: newProvider.value, model: newModel.value.trim() || null }
    })
    await Promise.all(picked(newAgents).map((agent_id) => client.rooms.join({ path: { room_id, agent_id } })))
    made(room_id, null)
  })
  byId("new-room-import", HTMLElement).addEventListener("click", () => newFile.click())
  newFile.addEventListener("change", () => {
    const [file] = newFile.files ?? []
    newFile.value = ""
    if (file === undefined) return
    dialog.instead(async () => {
      const { future_times, missing_agents, room_id } = await importRoom(file)
      const notices = [
        ...(missing_agents.length > 0 ? [doorWords.missing(missing_agents)] : []),
        ...(future_times > 0 ? [doorWords.timesMoved(future_times)] : [])
      ]
      made(room_id, notices.length > 0 ? notices.join(" ") : null)
    })
  })
  return async () => {
    const [agents, { default: preferred, providers }] = await Promise.all([
      client.agents.list(),
      client.system.providers()
    ])
    newName.value = ""
    newProvider.replaceChildren(...choices(providers, preferred))
    offered = providers
    offerModels()
    fillPicker(newAgents, agents, {
      seated: new Set(),
      mayUnseat: true,
      acts: [alone((agent) => dialog.instead(() => options.alone(agent)))]
    })
    dialog.show()
  }
}
