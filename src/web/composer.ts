import type { Message } from "../domain/Message.ts"
import { api, newKey } from "./api.ts"
import { byId } from "./dom.ts"

const form = byId("write-form", HTMLFormElement)
const box = byId("write", HTMLTextAreaElement)
const button = byId("send", HTMLButtonElement)
const myName = byId("my-name", HTMLInputElement)

const nameKey = "parley.name"
/** On a touch screen Enter is the only way to a new line. */
const isTouch = matchMedia("(pointer: coarse)")

/** The message box. Text stays in it until the server has stored it; trying again can never store it twice. */
export const makeComposer = (options: {
  readonly room: () => number | null
  readonly sent: (room: number, message: Message) => void
  readonly failed: (error: unknown) => void
}) => {
  let attempt: { readonly room: number; readonly content: string; readonly key: string } | null = null

  const send = async () => {
    const room = options.room()
    const content = box.value
    if (room === null || content.trim() === "" || button.getAttribute("aria-busy") === "true") return
    if (attempt?.content !== content || attempt.room !== room) attempt = { room, content, key: newKey() }
    button.setAttribute("aria-busy", "true")
    try {
      const message = await api.send(room, content, myName.value.trim(), attempt.key)
      attempt = null
      if (box.value === content) box.value = ""
      options.sent(room, message)
    } catch (error) {
      options.failed(error)
    }
    button.setAttribute("aria-busy", "false")
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault()
    void send()
  })
  box.addEventListener("keydown", (event) => {
    // While a Korean or Japanese syllable is being composed, Enter ends the syllable.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || isTouch.matches) return
    event.preventDefault()
    void send()
  })

  myName.value = localStorage.getItem(nameKey) ?? ""
  myName.addEventListener("change", () => localStorage.setItem(nameKey, myName.value.trim()))

  return {
    mention(name: string) {
      const gap = box.value === "" || /\s$/.test(box.value) ? "" : " "
      box.setRangeText(`${gap}@${name} `, box.value.length, box.value.length, "end")
      box.focus()
    }
  }
}
