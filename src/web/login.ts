import { api, type Identity, Refused, session } from "./api.ts"
import { byId, say } from "./dom.ts"

const view = byId("login", HTMLElement)
const form = byId("login-form", HTMLFormElement)
const password = byId("login-password", HTMLInputElement)
const problem = byId("login-problem", HTMLElement)

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** Takes the one-time token out of the address, so that it stays in no history and no bookmark. */
const takeLinkToken = () => {
  const token = /^#login=(.+)$/.exec(location.hash)?.[1]
  if (token !== undefined) history.replaceState(null, "", location.pathname)
  return token
}

/** Finds out who is here: by link, by the token kept from last time, or by asking. */
export const makeLogin = (on: { readonly asking: () => void; readonly entered: (who: Identity) => void }) => {
  const ask = (reason: string | null) => {
    on.asking()
    view.hidden = false
    say(problem, reason)
    password.focus()
  }

  const enter = async (way: Promise<Identity>, failed: (error: unknown) => void) => {
    try {
      const who = await way
      view.hidden = true
      password.value = ""
      on.entered(who)
    } catch (error) {
      failed(error)
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault()
    void enter(api.login(password.value), (error) => ask(messageOf(error)))
  })

  const resume = () =>
    void enter(api.verify(), (error) => {
      const isUnknown = error instanceof Refused && error.status === 401
      if (isUnknown) session.keep(null)
      ask(isUnknown ? null : messageOf(error))
    })

  /** A link works once; opened again, it is no more than the page's address. */
  const follow = (token: string) =>
    void enter(api.link(token), (error) => (session.key === null ? ask(messageOf(error)) : resume()))

  const begin = () => {
    const token = takeLinkToken()
    if (token !== undefined) follow(token)
    else if (session.key !== null) resume()
    else ask(null)
  }

  window.addEventListener("hashchange", () => {
    if (location.hash.startsWith("#login=")) begin()
  })

  return { ask, begin }
}
