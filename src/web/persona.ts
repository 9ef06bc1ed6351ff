import { client } from "./api.ts"
import { byId, renewPicture, write } from "./dom.ts"
import { makeDialog } from "./picker.ts"
import { dataUrl, fit } from "./pictures.ts"
import type { Agent } from "./wire.ts"

const title = byId("persona-title", HTMLElement)
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

/** Lets the admin change who an agent is: the server writes it into the agent's folder. */
export const makePersona = (changed: () => void) => {
  let agent: Agent | null = null
  let before = written()
  const dialog = makeDialog("persona", async () => {
    if (agent === null) return
    const payload = { ...changesSince(before), ...(await chosenPicture()) }
    await client.agents.update({ path: { agent_id: agent.id }, payload })
    if (payload.profile_pic !== undefined) await renewPicture(agent.name)
    changed()
  })
  return async (agent_id: number) => {
    agent = await client.agents.get({ path: { agent_id } })
    write(title, agent.name)
    for (const name of names) texts[name].value = agent[name] ?? ""
    before = written()
    picture.value = ""
    dialog.show()
  }
}
