import { client } from "./api.ts"
import { byId, renewPicture, write } from "./dom.ts"
import { makeDialog } from "./picker.ts"
import { dataUrl, fit } from "./pictures.ts"
import { makeRetirement } from "./retirement.ts"
import { type Agent, whoIs } from "./wire.ts"
import { doorWords } from "./words.ts"

const title = byId("persona-title", HTMLElement)
const grouping = byId("persona-grouping", HTMLElement)
const name = byId("persona-name", HTMLInputElement)
const group = byId("persona-group", HTMLInputElement)
const retire = byId("retire-open", HTMLElement)
const picture = byId("persona-picture", HTMLInputElement)
const texts = {
  in_a_nutshell: byId("persona-nutshell", HTMLTextAreaElement),
  characteristics: byId("persona-characteristics", HTMLTextAreaElement),
  recent_events: byId("persona-events", HTMLTextAreaElement)
}
type Text = keyof typeof texts
const names: ReadonlyArray<Text> = ["in_a_nutshell", "characteristics", "recent_events"]

type Texts = Readonly<Record<Text, string>>

const written = (): Texts => ({
  in_a_nutshell: texts.in_a_nutshell.value,
  characteristics: texts.characteristics.value,
  recent_events: texts.recent_events.value
})

/** What the agent has remembered meanwhile stays, where nobody touched it. */
const changesSince = (before: Texts): Partial<Texts> => {
  const now = written()
  return Object.fromEntries(names.flatMap((name) => (now[name] === before[name] ? [] : [[name, now[name]]])))
}

const chosenPicture = async (): Promise<{ readonly profile_pic?: string }> => {
  const [file] = picture.files ?? []
  return file === undefined ? {} : { profile_pic: await dataUrl(await fit(file)) }
}

/** Lets the admin say who an agent is, and retire it: the server writes it into the agent's folder. */
export const makePersona = (options: { readonly changed: () => void; readonly made: () => void }) => {
  let agent: Agent | null = null
  let before = written()

  const create = async () => {
    const payload = { name: name.value.trim(), group: group.value.trim() || null, ...written() }
    await client.agents.create({ payload: { ...payload, ...(await chosenPicture()) } })
    options.made()
  }

  /** Without a name of its own the agent is called as its folder again. */
  const renamed = (agent: Agent) =>
    name.value.trim() === whoIs(agent).shown ? {} : { display_name: name.value.trim() }

  const change = async (agent: Agent) => {
    const payload = { ...changesSince(before), ...renamed(agent), ...(await chosenPicture()) }
    await client.agents.update({ path: { agent_id: agent.id }, payload })
    if (payload.profile_pic !== undefined) await renewPicture(agent.name)
    options.changed()
  }

  const dialog = makeDialog("persona", () => (agent === null ? create() : change(agent)))
  const askToRetire = makeRetirement(() => {
    dialog.close()
    options.changed()
  })
  retire.addEventListener("click", () => {
    if (agent !== null) askToRetire(agent)
  })

  const show = (shown: Agent | null) => {
    agent = shown
    write(title, shown === null ? doorWords.newAgent : whoIs(shown).shown)
    for (const text of names) texts[text].value = shown?.[text] ?? ""
    before = written()
    for (const input of [group, picture]) input.value = ""
    name.value = shown === null ? "" : whoIs(shown).shown
    name.placeholder = shown?.name ?? ""
    grouping.hidden = shown !== null
    name.required = shown === null
    retire.hidden = shown === null
    dialog.show()
  }

  return {
    create: () => show(null),
    change: async (agent_id: number) => show(await client.agents.get({ path: { agent_id } }))
  }
}
