import { english } from "./words/en.ts"
import { korean } from "./words/ko.ts"
import { page } from "./words/page.ts"
import * as settings from "./words/settings.ts"

const languageKey = "parley.language"

const wanted = localStorage.getItem(languageKey) ?? navigator.language

/** What the page is written in: chosen by the reader, else by the browser. */
export const language = wanted.startsWith("ko") ? "ko" : "en"

/** For times and numbers: the reader's own, where it is of that language. */
export const locale = navigator.languages.find((one) => one.startsWith(language)) ?? language

export const words = language === "ko" ? korean : english
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

const inEnglish = {
  attach: "Attach pictures",
  list: "Pictures to send",
  attached: (number: number) => `Picture ${number}, not sent yet`,
  remove: (number: number) => `Remove picture ${number}`,
  tooMany: (most: number) => `A message can have at most ${most} pictures.`,
  unreadable: (name: string) => `“${name}” is not a picture that can be shown.`,
  shown: (number: number, count: number, who: string) =>
    count === 1 ? `Picture from ${who}` : `Picture ${number} of ${count} from ${who}`,
  count: (count: number) => (count === 1 ? "a picture" : `${count} pictures`)
}

const inKorean: typeof inEnglish = {
  attach: "사진 첨부",
  list: "보낼 사진",
  attached: (number) => `사진 ${number}, 아직 보내지 않음`,
  remove: (number) => `사진 ${number} 빼기`,
  tooMany: (most) => `메시지 하나에 사진은 최대 ${most}장까지 넣을 수 있습니다.`,
  unreadable: (name) => `“${name}” 파일은 사진으로 표시할 수 없습니다.`,
  shown: (number, count, who) => (count === 1 ? `${who} 님의 사진` : `${who} 님의 사진 ${count}장 중 ${number}번째`),
  count: (count) => `사진 ${count}장`
}

/** In the language of the page. */
export const pictureWords = () => (document.documentElement.lang === "ko" ? inKorean : inEnglish)
