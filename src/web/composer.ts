import { client, newKey } from "./api.ts"
import { Refused } from "../client/client.ts"
import { announce, byId, write } from "./dom.ts"
import { type Attached, makePictures } from "./pictures.ts"
import type { Message } from "./wire.ts"
import { doorWords } from "./words.ts"

const form = byId("write-form", HTMLFormElement)
const box = byId("write", HTMLTextAreaElement)
const button = byId("send", HTMLButtonElement)
const myName = byId("my-name", HTMLInputElement)

const nameKey = "parley.name"
/** On a touch screen Enter is the only way to a new line. */
const isTouch = matchMedia("(pointer: coarse)")

interface Attempt {
  readonly room: number
  readonly content: string
  readonly images: ReadonlyArray<Attached>
  readonly key: string
}

/** The message box. Text stays in it until the server has stored it; trying again can never store it twice. */
export const makeComposer = (options: {
  readonly room: () => number | null
  /** An attempt begins: what an earlier one came to is of no interest any more. */
  readonly sending: () => void
  readonly sent: (room: number, message: Message) => void
  readonly failed: (error: unknown) => void
}) => {
  const pictures = makePictures(options.failed)
  let attempt: Attempt | null = null

  const attemptIn = async (room: number) => {
    const images = await pictures.attached()
    const content = box.value
    if (content.trim() === "" && images.length === 0) return
    const isSame = attempt?.content === content && attempt.room === room && attempt.images === images
    if (attempt === null || !isSame) attempt = { room, content, images, key: newKey() }
    const name = myName.value.trim()
    const message = await client.messages.send({
      path: { room_id: room },
      payload: { content, images, ...(name === "" ? {} : { participant_name: name }) },
      headers: { "idempotency-key": attempt.key, prefer: "return=minimal" }
    })
    attempt = null
    if (box.value === content) box.value = ""
    pictures.sent(images)
    options.sent(room, message)
  }

  /** Counts down to when the server takes messages again, and then offers to send what still stands there. */
  const wait = (seconds: number) => {
    if (seconds > 0) {
      write(button, doorWords.sendIn(seconds))
      setTimeout(() => wait(seconds - 1), 1000)
      return
    }
    write(button, doorWords.send)
    button.removeAttribute("aria-disabled")
    announce(doorWords.mayAgain)
  }

  const failed = (error: unknown) => {
    options.failed(error)
    if (!(error instanceof Refused) || error.retryAfterSeconds === null) return
    button.setAttribute("aria-disabled", "true")
    wait(Math.ceil(error.retryAfterSeconds))
  }

  const send = async () => {
    const room = options.room()
    if (room === null || button.ariaBusy === "true" || button.ariaDisabled === "true") return
    button.setAttribute("aria-busy", "true")
    options.sending()
    await attemptIn(room).catch(failed)
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
