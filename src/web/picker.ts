import { avatar, byId, h, say } from "./dom.ts"
import { explain } from "./refusals.ts"
import { type Agent, whoIs } from "./wire.ts"
import { doorWords, words } from "./words.ts"

const firstSentence = (text: string | null) => /^.*?[.!?](?=\s|$)/s.exec(text ?? "")?.[0] ?? text ?? ""

/** Who the agent is, in a line. */
export const introduction = (agent: Agent) =>
  h(
    "span",
    { class: "introduction" },
    avatar(whoIs(agent), agent.profile_pic),
    h("span", {}, h("strong", {}, whoIs(agent).shown), h("span", { class: "hint" }, firstSentence(agent.in_a_nutshell)))
  )

/** What can be done with an agent beside picking it. */
export interface Act {
  readonly sign: string
  readonly label: (name: string) => string
  readonly act: (agent: number) => void
}

/** Check boxes for the agents, by group. */
export const fillPicker = (
  container: HTMLElement,
  agents: ReadonlyArray<Agent>,
  state: {
    readonly seated: ReadonlySet<number>
    readonly mayUnseat: boolean
    readonly acts: ReadonlyArray<Act>
  }
) => {
  const choice = (agent: Agent) => {
    const seated = state.seated.has(agent.id)
    const locked = seated && !state.mayUnseat
    const box = h("input", { type: "checkbox", value: agent.id, checked: seated, disabled: locked })
    const label = h("label", { class: "pick" }, box, introduction(agent))
    const buttons = state.acts.map(({ act, label, sign }) => {
      const name = label(whoIs(agent).shown)
      const button = h("button", { type: "button", class: "plain", title: name, "aria-label": name }, sign)
      button.addEventListener("click", () => act(agent.id))
      return button
    })
    return h("div", { class: "pickable" }, label, ...buttons)
  }
  const named = new Set(agents.flatMap(({ group }) => group ?? []))
  const groups = [...[...named].toSorted((a, b) => a.localeCompare(b)), null]
  const fieldsets = groups.flatMap((group) => {
    const members = agents.filter((agent) => agent.group === group)
    if (members.length === 0) return []
    const legend = group === null ? words.noGroup : group.replaceAll("_", " ")
    return h("fieldset", {}, h("legend", {}, legend), ...members.map(choice))
  })
  const nobody = h("p", { class: "hint" }, words.noAgents)
  container.replaceChildren(...(fieldsets.length > 0 ? fieldsets : [nobody]))
}

/** Leads to the person's own room with the agent. */
export const alone = (act: Act["act"]): Act => ({ sign: "⇄", label: doorWords.alone, act })

export const picked = (container: HTMLElement) =>
  Array.from(container.querySelectorAll<HTMLInputElement>("input:checked"), ({ value }) => Number(value))

/** A dialog; it closes when `done` succeeds, and shows the reason when it does not. */
export const makeDialog = (id: string, done: () => Promise<void>) => {
  const dialog = byId(id, HTMLDialogElement)
  const form = byId(`${id}-form`, HTMLFormElement)
  const problem = byId(`${id}-problem`, HTMLElement)
  const attempt = async (work: () => Promise<unknown>, succeeded: () => void) => {
    if (form.hasAttribute("aria-busy")) return
    form.setAttribute("aria-busy", "true")
    say(problem, null)
    try {
      await work()
      succeeded()
    } catch (error) {
      say(problem, explain(error))
    }
    form.removeAttribute("aria-busy")
  }
  const close = () => dialog.close()
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    void attempt(done, close)
  })
  for (const button of form.querySelectorAll("[data-close]")) button.addEventListener("click", close)
  return {
    close,
    show() {
      say(problem, null)
      dialog.showModal()
    },
    /** Does something else in its place, and closes like it. */
    instead: (work: () => Promise<unknown>) => void attempt(work, close),
    /** Does something after which it stays open. */
    stay: (work: () => Promise<unknown>) => void attempt(work, () => {})
  }
}
