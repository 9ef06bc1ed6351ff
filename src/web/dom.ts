import type { Who } from "./wire.ts"
import { locale } from "./words.ts"

type Attributes = Readonly<Record<string, string | number | boolean>>

/** The element of index.html with this id; a page that lacks it is broken, and says so at once. */
export const byId = <E extends HTMLElement>(id: string, type: new () => E): E => {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`)
  return found
}

/** A new element. Strings become text nodes, never markup. `true` sets an empty attribute, `false` none. */
export const h = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: ReadonlyArray<Node | string>
): HTMLElementTagNameMap[K] => {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? "" : String(value))
  }
  element.append(...children)
  return element
}

/** Leaves the page alone when it says so already. */
export const write = (element: HTMLElement, text: string) => {
  if (element.textContent !== text) element.textContent = text
}

/** Writes the text and hides the element when there is none. */
export const say = (element: HTMLElement, text: string | null) => {
  write(element, text ?? "")
  element.hidden = !text
}

const announcer = byId("announcer", HTMLElement)

/** Has a screen reader say it when it is next silent. */
export const announce = (text: string) => {
  announcer.append(h("p", {}, text))
  while (announcer.childElementCount > 5) announcer.firstElementChild?.remove()
}

const hours = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" })
const dayAndTime = new Intl.DateTimeFormat(locale, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit"
})

export const timeOfDay = (timestamp: string) => hours.format(new Date(timestamp))

export const clock = (timestamp: string) => {
  const time = new Date(timestamp)
  const today = time.toDateString() === new Date().toDateString()
  return h(
    "time",
    { datetime: timestamp, title: time.toLocaleString(locale) },
    (today ? hours : dayAndTime).format(time)
  )
}

const hues = 8

const hueOf = (name: string) => {
  let sum = 0
  for (const letter of name) sum = (sum * 49 + (letter.codePointAt(0) ?? 0)) % 9973
  return sum % hues
}

/** The colour that a speaker keeps: goes on `data-hue`, the values are in style.css. */
export const hue = (name: string) => ({ "data-hue": hueOf(name) })

const pictureOf = (name: string) => `/agents/${encodeURIComponent(name)}/profile-pic`

/** A picture that has changed is kept by the browser as it was, until it is read past what is kept. */
export const renewPicture = (name: string) => fetch(pictureOf(name), { cache: "reload" })

/** A picture, or the first letter where there is none. Says nothing to a screen reader: the name stands beside it. */
export const avatar = ({ name, shown }: Who, picture: string | null) => {
  const frame = h("span", { class: "avatar", "aria-hidden": "true", ...hue(name) }, [...shown][0] ?? "?")
  if (picture === null) return frame
  const image = h("img", { src: pictureOf(name), alt: "", loading: "lazy" })
  image.addEventListener("error", () => image.remove())
  frame.append(image)
  return frame
}
