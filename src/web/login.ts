import { connect, Refused } from "../client/client.ts"
import { client } from "./api.ts"
import { byId, say } from "./dom.ts"
import { explain } from "./refusals.ts"

const view = byId("login", HTMLElement)
const form = byId("login-form", HTMLFormElement)
const password = byId("login-password", HTMLInputElement)
const problem = byId("login-problem", HTMLElement)

export interface Identity {
  readonly role: string
}

/** Takes the one-time token out of the address, so that it stays in no history and no bookmark. */
const takeLinkToken = () => {
  const token = /^#login=(.+)$/.exec(location.hash)?.[1]
  if (token !== undefined) history.replaceState(null, "", location.pathname)
  return token
}

const isUnknown = (error: unknown) => error instanceof Refused && error.status === 401

const oldKey = "parley.api_key"

/** A page of an earlier version kept its token where scripts can read it: its login goes over into the cookie. */
const takeOver = async () => {
  const token = localStorage.getItem(oldKey)
  if (token === null) return
  try {
    const link = await connect({ token }).auth.makeLink({ payload: null })
    await client.auth.link({ payload: { token: link.token } })
  } catch (error) {
    if (!isUnknown(error)) throw error
  }
  localStorage.removeItem(oldKey)
}

/** Finds out who is here: by link, by the cookie of last time, or by asking. */
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
    void enter(client.auth.login({ payload: { password: password.value } }), (error) => ask(explain(error)))
  })

  const known = async () => {
    await takeOver()
    return client.auth.verify()
  }

  const resume = (reason: string | null) =>
    void enter(known(), (error) => ask(isUnknown(error) ? reason : explain(error)))

  const begin = () => {
    const token = takeLinkToken()
    if (token === undefined) resume(null)
    // A link works once; opened again, it is no more than the page's address.
    else void enter(client.auth.link({ payload: { token } }), (error) => resume(explain(error)))
  }

  window.addEventListener("hashchange", () => {
    if (location.hash.startsWith("#login=")) begin()
  })

  return { ask, begin }
}
