import { client, pageBefore } from "./api.ts"
import { byId, clock, h, hue, say, write } from "./dom.ts"
import { speakerOf } from "./message.ts"
import { explain } from "./refusals.ts"
import type { Hit } from "./wire.ts"
import { doorWords } from "./words.ts"

const dialog = byId("search", HTMLDialogElement)
const form = byId("search-form", HTMLFormElement)
const problem = byId("search-problem", HTMLElement)
const box = byId("search-words", HTMLInputElement)
const where = byId("search-where", HTMLSelectElement)
const place = byId("search-place", HTMLElement)
const told = byId("search-told", HTMLElement)
const list = byId("search-hits", HTMLOListElement)
const older = byId("search-older", HTMLButtonElement)

const pageSize = 30
/** The server looks through so many messages at a time; this often it is asked before a person is. */
const mostLooks = 5

interface Question {
  readonly q: string
  /** Null for all rooms. */
  readonly room_id: number | null
}

const ask = ({ q, room_id }: Question, before: number | null) => {
  const urlParams = { q, ...pageBefore(before, pageSize) }
  return room_id === null
    ? client.search.everywhere({ urlParams })
    : client.search.inRoom({ path: { room_id }, urlParams })
}

/** Finds what was said, in the open room or in all; what is found leads to its place. */
export const makeSearch = (options: {
  readonly room: () => number | null
  readonly nameOf: (room: number) => string
}) => {
  let current: Question | null = null
  let next: number | null = null

  const item = (hit: Hit) => {
    const room = current?.room_id === null ? [h("span", { class: "hint" }, options.nameOf(hit.room_id))] : []
    const { name, shown } = speakerOf(hit)
    const link = h(
      "a",
      { href: `#room=${hit.room_id}&message=${hit.id}`, ...hue(name) },
      h("span", { class: "byline" }, h("strong", {}, shown), ...room, clock(hit.timestamp)),
      h("span", { class: "words" }, hit.excerpt)
    )
    link.addEventListener("click", () => dialog.close())
    return h("li", {}, link)
  }

  const look = async (question: Question, looks = mostLooks): Promise<void> => {
    const { hits, next_before } = await ask(question, next)
    if (question !== current) return
    next = next_before
    list.append(...hits.map(item))
    older.hidden = next === null
    if (hits.length === 0 && next !== null && looks > 1) return look(question, looks - 1)
    write(told, doorWords.found(list.childElementCount, next === null))
  }

  const trying = (question: Question) =>
    void look(question).catch((error: unknown) => question === current && say(problem, explain(error)))

  const clear = () => {
    current = null
    next = null
    list.replaceChildren()
    older.hidden = true
    write(told, "")
    say(problem, null)
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault()
    clear()
    current = { q: box.value.trim(), room_id: where.value === "all" ? null : options.room() }
    trying(current)
  })
  older.addEventListener("click", () => {
    if (current !== null) trying(current)
  })
  byId("search-close", HTMLElement).addEventListener("click", () => dialog.close())

  return (scope: "room" | "all") => {
    const room = options.room()
    place.hidden = room === null
    where.value = room === null ? "all" : scope
    clear()
    dialog.showModal()
    box.select()
  }
}
