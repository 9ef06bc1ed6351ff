import { byId, write } from "./dom.ts"
import type { Who } from "./wire.ts"
import { status, words } from "./words.ts"

const pause = byId("pause", HTMLButtonElement)
const pauseWord = byId("pause-word", HTMLElement)
const line = byId("status", HTMLElement)
const goOn = byId("go-on", HTMLButtonElement)
const scroll = byId("scroll", HTMLElement)

/** The line above the message box, and what a person can do about it. */
export const showState = (room: {
  readonly connected: boolean
  readonly paused: boolean
  /** The newest round ended for want of budget. */
  readonly overBudget: boolean
  readonly circles: string | null
  readonly speakers: ReadonlyArray<{
    readonly who: Who
    readonly speaking: boolean
    readonly waiting: boolean
  }>
  readonly next: ReadonlyArray<string>
  /** Nobody speaks, and somebody could. */
  readonly mayGoOn: boolean
}) => {
  const { connected, mayGoOn, overBudget, paused, speakers } = room
  const who = (speaking: boolean) =>
    speakers.flatMap((one) => (!one.waiting && one.speaking === speaking ? one.who.shown : []))
  write(line, status({ ...room, speaking: who(true), thinking: who(false) }))
  line.toggleAttribute("data-busy", connected && speakers.length > 0)

  write(pauseWord, paused ? words.resume : words.pause)
  pause.toggleAttribute("data-paused", paused)
  pause.title = pauseWord.textContent

  const isHidden = !connected || (paused ? !overBudget : !mayGoOn)
  // The focus of a button that goes away would be lost.
  if (isHidden && document.activeElement === goOn) scroll.focus()
  goOn.hidden = isHidden
  write(goOn, paused ? words.budgets : words.goOn)
  goOn.title = paused ? "" : words.goOnTitle
}
