import { byId, h } from "./dom.ts"
import { pictureWords } from "./words.ts"

/** A picture on its way into a message: a data URL. */
export interface Attached {
  readonly data: string
  readonly media_type: string
}

const most = 5
const types = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"])
/** Five of these fit into one message. */
const mostBytes = 1_500_000
const longestEdge = 2048

const form = byId("write-form", HTMLFormElement)
const box = byId("write", HTMLTextAreaElement)
const button = byId("attach", HTMLButtonElement)
const input = byId("pictures", HTMLInputElement)
const list = byId("attached", HTMLUListElement)

/** As it is when the server takes it so; otherwise as a JPEG of a size that says the same. */
export const fit = async (file: File): Promise<Blob> => {
  if (types.has(file.type) && file.size <= mostBytes) return file
  const bitmap = await createImageBitmap(file)
  const scale = Math.min(1, longestEdge / Math.max(bitmap.width, bitmap.height))
  const canvas = new OffscreenCanvas(Math.ceil(bitmap.width * scale), Math.ceil(bitmap.height * scale))
  const pen = canvas.getContext("2d")
  if (pen === null) throw new Error("no canvas")
  // What is transparent would come out black.
  pen.fillStyle = "#fff"
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 })
}

export const dataUrl = (blob: Blob) =>
  new Promise<string>((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener("load", () => resolve(String(reader.result)))
    reader.addEventListener("error", () => reject(reader.error ?? new Error("unread")))
    reader.readAsDataURL(blob)
  })

/** Pictures for the next message: chosen, pasted or dropped, and shown before they are sent. */
export const makePictures = (failed: (error: unknown) => void) => {
  let attached: ReadonlyArray<Attached> = []

  const show = () => {
    const words = pictureWords
    list.hidden = attached.length === 0
    list.setAttribute("aria-label", words.list)
    list.replaceChildren(
      ...attached.map((picture, at) => {
        const away = h("button", { type: "button", "aria-label": words.remove(at + 1) }, "×")
        away.addEventListener("click", () => {
          attached = attached.filter((other) => other !== picture)
          show()
          box.focus()
        })
        return h("li", {}, h("img", { src: picture.data, alt: words.attached(at + 1) }), away)
      })
    )
  }

  const read = async (file: File): Promise<Attached> => {
    try {
      const blob = await fit(file)
      return { data: await dataUrl(blob), media_type: blob.type }
    } catch {
      throw new Error(pictureWords.unreadable(file.name))
    }
  }

  const take = async (files: ReadonlyArray<File>) => {
    const found = await Promise.allSettled(files.slice(0, most + 1).map(read))
    const fresh = found.flatMap((one) => (one.status === "fulfilled" ? one.value : []))
    const broken = found.find((one) => one.status === "rejected")
    const left = most - attached.length
    attached = [...attached, ...fresh.slice(0, left)]
    show()
    if (fresh.length > left) failed(new Error(pictureWords.tooMany(most)))
    else if (broken) failed(broken.reason)
  }

  let taken = Promise.resolve()
  const add = (files: Iterable<File>) => {
    const all = [...files]
    taken = taken.then(() => take(all))
  }

  const label = pictureWords.attach
  button.setAttribute("aria-label", label)
  button.title = label
  button.addEventListener("click", () => input.click())
  input.addEventListener("change", () => {
    add(input.files ?? [])
    input.value = ""
  })
  box.addEventListener("paste", (event) => {
    const data = event.clipboardData
    // What is copied from a document is words, though a picture of them comes along.
    if (!data || data.files.length === 0 || data.types.includes("text/plain")) return
    event.preventDefault()
    add(data.files)
  })
  const stage = form.parentElement ?? form
  stage.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault()
  })
  stage.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return
    event.preventDefault()
    add(event.dataTransfer.files)
  })

  return {
    /** Also what is still being read. */
    attached: () => taken.then(() => attached),
    /** Takes away what was sent; what has come since stays. */
    sent(pictures: ReadonlyArray<Attached>) {
      attached = attached.filter((picture) => !pictures.includes(picture))
      show()
    }
  }
}
