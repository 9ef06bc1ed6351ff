import * as doors from "./words/doors.ts"
import { english } from "./words/en.ts"
import { korean } from "./words/ko.ts"
import { page } from "./words/page.ts"
import * as pictures from "./words/pictures.ts"
import * as settings from "./words/settings.ts"

const languageKey = "parley.language"

const wanted = localStorage.getItem(languageKey) ?? navigator.language

/** What the page is written in: chosen by the reader, else by the browser. */
export const language = wanted.startsWith("ko") ? "ko" : "en"

/** For times and numbers: the reader's own, where it is of that language. */
export const locale = navigator.languages.find((one) => one.startsWith(language)) ?? language

export const words = language === "ko" ? korean : english
export const doorWords = language === "ko" ? doors.korean : doors.english
export const pictureWords = language === "ko" ? pictures.korean : pictures.english
export const settingWords = language === "ko" ? settings.korean : settings.english

export const chooseLanguage = (chosen: string) => {
  localStorage.setItem(languageKey, chosen)
  location.reload()
}

const attributes = ["aria-label", "placeholder", "content", "title"]

/** Puts the words of index.html, which are English, into the language of the page. */
export const translatePage = () => {
  document.documentElement.lang = language
  if (language === "en") return
  const texts = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const { currentNode } = texts
    const text = currentNode.nodeValue?.trim().replace(/\s+/g, " ") ?? ""
    const found = page[text]
    if (found !== undefined) currentNode.nodeValue = found
  }
  for (const name of attributes) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      const found = page[element.getAttribute(name) ?? ""]
      if (found !== undefined) element.setAttribute(name, found)
    }
  }
}

/** The line above the message box. */
export const status = (room: {
  readonly connected: boolean
  readonly paused: boolean
  readonly overBudget: boolean
  readonly circles: string | null
  readonly speaking: ReadonlyArray<string>
  readonly thinking: ReadonlyArray<string>
  readonly next: ReadonlyArray<string>
}) => {
  if (!room.connected) return words.offline
  if (room.paused) return room.overBudget ? words.overBudget : words.paused
  const now = [words.speaking(room.speaking), words.thinking(room.thinking), words.next(room.next)]
  return now.filter(Boolean).join(" ") || (room.circles === null ? "" : words.circles(room.circles))
}
