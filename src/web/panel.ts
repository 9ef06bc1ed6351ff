import { byId } from "./dom.ts"

const panel = byId("panel", HTMLDialogElement)
const title = byId("panel-title", HTMLElement)
/** Where there is room for it beside the conversation; elsewhere it lies on top. */
const isWide = matchMedia("(min-width: 72rem)")

export interface View {
  readonly button: HTMLButtonElement
  readonly section: HTMLElement
  /** Reads what the view shows. */
  readonly show: () => void
}

/** The view at the side; one of several at a time. */
export const makePanel = (views: ReadonlyArray<View>) => {
  let current: View | null = null

  const place = () => {
    if (isWide.matches) panel.show()
    else panel.showModal()
  }

  const mark = () => {
    for (const view of views) {
      view.section.hidden = view !== current
      view.button.setAttribute("aria-expanded", String(view === current))
    }
  }

  const open = (view: View) => {
    current = view
    title.textContent = view.section.getAttribute("aria-label")
    mark()
    view.show()
    if (!panel.open) place()
    title.focus()
  }

  for (const view of views) {
    view.button.addEventListener("click", () => (current === view ? panel.close() : open(view)))
  }
  byId("panel-close", HTMLElement).addEventListener("click", () => panel.close())
  panel.addEventListener("close", () => {
    // Closed to be placed anew, it is open again by now.
    if (panel.open) return
    current = null
    mark()
  })
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isWide.matches) panel.close()
  })
  isWide.addEventListener("change", () => {
    if (!panel.open) return
    panel.close()
    place()
  })

  return {
    shows: (section: HTMLElement) => current?.section === section,
    close: () => panel.close()
  }
}
