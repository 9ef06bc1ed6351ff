import type { Agent } from "../domain/Agent.ts"
import { avatar, byId, h, write } from "./dom.ts"
import { introduction } from "./picker.ts"

const row = byId("seats", HTMLUListElement)
const opening = byId("opening", HTMLElement)

const howToWrite = "What you write is answered in turn. @name puts somebody first."

const chip = (agent: Agent, mention: (name: string) => void) => {
  const state = h("span", { class: "unseen" })
  const call = h("span", { class: "unseen" }, "Mention ")
  const button = h("button", { class: "chip" }, avatar(agent.name, agent.profile_pic), call, agent.name, state)
  button.title = `Mention ${agent.name}`
  button.addEventListener("click", () => mention(agent.name))
  return { name: agent.name, button, state }
}

/** The agents of a room, those at it marked; introduced in full while nothing has been said. */
export const makeSeats = (mention: (name: string) => void) => {
  let seated: ReadonlyArray<Agent> = []
  let chips: ReadonlyArray<ReturnType<typeof chip>> = []

  return {
    agents: () => seated,

    seat(agents: ReadonlyArray<Agent>) {
      seated = agents
      chips = agents.map((agent) => chip(agent, mention))
      row.replaceChildren(...chips.map(({ button }) => h("li", {}, button)))
      opening.replaceChildren(
        h("p", {}, agents.length > 0 ? "Nothing has been said here yet. In this room:" : "No agent sits here yet."),
        h("ul", {}, ...agents.map((agent) => h("li", {}, introduction(agent)))),
        h("p", { class: "hint" }, agents.length > 0 ? howToWrite : "Seat one or more under “Agents” above.")
      )
    },

    show(busy: ReadonlySet<string>, isEmpty: boolean) {
      opening.hidden = !isEmpty
      for (const { button, name, state } of chips) {
        button.toggleAttribute("data-busy", busy.has(name))
        write(state, busy.has(name) ? ", at it now" : "")
      }
    }
  }
}
