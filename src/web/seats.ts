import { avatar, byId, h, write } from "./dom.ts"
import { introduction } from "./picker.ts"
import { type Agent, whoIs } from "./wire.ts"
import { words } from "./words.ts"

const row = byId("seats", HTMLUListElement)
const opening = byId("opening", HTMLElement)

const chip = (agent: Agent, mention: (name: string) => void) => {
  const state = h("span", { class: "unseen" })
  const who = whoIs(agent)
  const button = h("button", { class: "chip" }, avatar(who, agent.profile_pic), who.shown, state)
  button.title = words.mention(who.shown)
  button.addEventListener("click", () => mention(who.shown))
  return { name: agent.name, button, state }
}

/** The agents of a room, those at it marked; introduced in full while nothing has been said. */
export const makeSeats = (mention: (name: string) => void) => {
  let seated: ReadonlyArray<Agent> = []
  let chips: ReadonlyArray<ReturnType<typeof chip>> = []

  return {
    agents: () => seated,

    /** What an agent is called here, by the name that it is known by. */
    called: (name: string) => whoIs(seated.find((agent) => agent.name === name) ?? { name, display_name: null }).shown,

    seat(agents: ReadonlyArray<Agent>) {
      seated = agents
      chips = agents.map((agent) => chip(agent, mention))
      row.replaceChildren(...chips.map(({ button }) => h("li", {}, button)))
      opening.replaceChildren(
        h("p", {}, agents.length > 0 ? words.nothingSaid : words.nobodySits),
        h("ul", {}, ...agents.map((agent) => h("li", {}, introduction(agent)))),
        h("p", { class: "hint" }, agents.length > 0 ? words.howToWrite : words.howToSeat)
      )
    },

    show(busy: ReadonlySet<string>, next: string | undefined, isEmpty: boolean) {
      opening.hidden = !isEmpty
      for (const { button, name, state } of chips) {
        const isNext = name === next && !busy.has(name)
        button.toggleAttribute("data-busy", busy.has(name))
        button.toggleAttribute("data-next", isNext)
        write(state, busy.has(name) ? words.atIt : isNext ? words.isNext : "")
      }
    }
  }
}
