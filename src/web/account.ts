import { client } from "./api.ts"
import { announce, byId, say, write } from "./dom.ts"
import { makeDialog } from "./picker.ts"
import { doorWords } from "./words.ts"

const made = byId("link-made", HTMLElement)
const link = byId("link", HTMLInputElement)
const lasts = byId("link-lasts", HTMLElement)
const told = byId("link-told", HTMLElement)

const copy = async () => {
  link.select()
  // Browsers keep the clipboard from pages that are served without TLS.
  const isCopied = await navigator.clipboard.writeText(link.value).then(
    () => true,
    () => false
  )
  const text = isCopied ? doorWords.copied : doorWords.notCopied
  say(told, text)
  announce(text)
}

/** What a person does about the own login: take it to another device, or end it everywhere. */
export const makeAccount = (left: () => void) => {
  const dialog = makeDialog("account", async () => {
    await client.auth.logoutEverywhere({ payload: null })
    left()
  })

  byId("link-make", HTMLElement).addEventListener("click", () =>
    dialog.stay(async () => {
      const { expires_in, url } = await client.auth.makeLink({ payload: null })
      link.value = url
      write(lasts, doorWords.linkLasts(Math.round(expires_in / 60)))
      made.hidden = false
      say(told, null)
      link.focus()
      link.select()
    })
  )
  byId("link-copy", HTMLElement).addEventListener("click", () => dialog.stay(copy))

  return () => {
    made.hidden = true
    link.value = ""
    dialog.show()
  }
}
