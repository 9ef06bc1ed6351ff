import { Refused } from "../client/client.ts"
import type { RoomSettings } from "../domain/RoomSettings.ts"
import { client } from "./api.ts"
import { byId, h, say } from "./dom.ts"
import { offerFiles } from "./files.ts"
import { makeDialog } from "./picker.ts"
import { fieldsOf } from "./refusals.ts"
import { makeRemoval } from "./removal.ts"
import type { OpenRoom } from "./room.ts"
import type { RoomSummary } from "./wire.ts"
import { settingWords, words } from "./words.ts"

type Name = keyof RoomSettings | TextName

const container = byId("settings-fields", HTMLElement)
const remove = byId("remove-open", HTMLButtonElement)

/** Empty, such a setting does not bound. */
const removable: ReadonlySet<Name> = new Set<Name>(["max_interactions", "budget_tokens", "budget_usd"])

/** What is typed as a text, and where a room has it. */
const texts = { name: "name", provider: "default_provider", model: "default_model" } as const
type TextName = keyof typeof texts
const isText = (name: Name): name is TextName => name in texts

const flags: ReadonlySet<Name> = new Set<Name>(["autonomous", "someone_answers"])

const select = (id: string, choices: Readonly<Record<string, string>>) =>
  h("select", { id }, ...Object.entries(choices).map(([value, label]) => h("option", { value }, label)))

const entry = (name: Name, id: string) =>
  h("input", {
    id,
    type: "text",
    inputmode: isText(name) ? "text" : name === "budget_usd" ? "decimal" : "numeric",
    autocomplete: "off",
    placeholder: removable.has(name) ? settingWords.noLimit : "",
    ...(name === "provider" || name === "model" ? { list: `${id}-choices` } : {})
  })

/** What was typed goes to the server as it is when it is no number: the server says what it should be. */
const numberIn = (text: string) => (text === "" || Number.isNaN(Number(text)) ? text : Number(text))

/** A setting with its label, what it means, and what the server has against it. */
const makeField = (name: Name) => {
  const { choices, hint, label } = settingWords.fields[name]
  const id = `setting-${name}`
  const box = flags.has(name) ? h("input", { id, type: "checkbox" }) : null
  const control = box ?? (choices ? select(id, choices) : entry(name, id))
  const problem = h("p", { id: `${id}-problem`, class: "wrong", hidden: true })
  const about = h("p", { id: `${id}-hint`, class: "hint" }, hint ?? "")
  const text = h("label", { for: id }, label)
  control.setAttribute("aria-describedby", `${id}-hint ${id}-problem`)
  const parts = hint === undefined ? [control, problem] : [control, about, problem]
  let before = ""

  const raw = () => (box ? String(box.checked) : control.value.trim())
  const value = () => {
    if (box) return box.checked
    if (choices || isText(name)) return raw()
    return raw() === "" && removable.has(name) ? null : numberIn(raw())
  }

  return {
    name,
    item: h("div", { class: box ? "field check" : "field" }, text, ...parts),
    control,
    /** What was changed; nothing where it is as it was. */
    wanted: () => (raw() === before || control.closest("[hidden]") ? [] : [[name, value()] as const]),
    fill(room: RoomSummary) {
      before = String(room[isText(name) ? texts[name] : name] ?? "")
      if (box) box.checked = before === "true"
      else control.value = before
    },
    refuse(reason: string | null) {
      say(problem, reason)
      if (reason === null) control.removeAttribute("aria-invalid")
      else control.setAttribute("aria-invalid", "true")
    }
  }
}

/** The dialog in which people decide about a room. */
export const makeSettings = (options: { readonly room: () => OpenRoom | null; readonly mayRemove: () => boolean }) => {
  const made = new Map<Name, ReturnType<typeof makeField>>()
  const fields = (...names: ReadonlyArray<Name>) =>
    names.map((name) => {
      const field = makeField(name)
      made.set(name, field)
      return field.item
    })
  const group = (name: keyof typeof settingWords.groups, ...items: ReadonlyArray<HTMLElement>) =>
    h("fieldset", { class: "settings" }, h("legend", {}, settingWords.groups[name]), ...items)

  const offers = {
    provider: h("datalist", { id: "setting-provider-choices" }),
    model: h("datalist", { id: "setting-model-choices" })
  }
  const offer = async () => {
    const { providers } = await client.system.providers()
    const chosen = made.get("provider")?.control.value
    const models = providers.find(({ name }) => name === chosen)?.models ?? []
    offers.provider.replaceChildren(...providers.map(({ name }) => h("option", { value: name })))
    offers.model.replaceChildren(...models.map(({ id, name }) => h("option", { value: id }, name)))
  }

  const [alone] = fields("autonomous")
  const cadence = h(
    "div",
    { class: "settings" },
    ...fields("autonomous_every", "autonomous_ceiling", "autonomous_max_rounds")
  )
  container.replaceChildren(
    group("room", ...fields("name")),
    group("models", ...fields("provider", "model"), ...Object.values(offers)),
    group("talk", ...fields("turn_policy", "someone_answers", "double_text")),
    group("limits", ...fields("max_interactions", "max_messages", "max_follow_ups")),
    group("budget", ...fields("budget_tokens", "budget_usd")),
    group("alone", ...(alone ? [alone] : []), cadence)
  )
  const all = [...made.values()]
  const toggle = made.get("autonomous")?.control
  const unfold = () => {
    cadence.hidden = !(toggle instanceof HTMLInputElement && toggle.checked)
  }
  toggle?.addEventListener("change", unfold)

  const refuse = (reasons: ReadonlyMap<string, string>) => {
    for (const { name, refuse } of all) refuse(reasons.get(name) ?? null)
    all.find(({ name }) => reasons.has(name))?.control.focus()
    return all.some(({ name }) => reasons.has(name))
  }

  const dialog = makeDialog("settings", async () => {
    const room = options.room()
    const wanted = Object.fromEntries(all.flatMap((field) => field.wanted()))
    refuse(new Map())
    if (room === null || Object.keys(wanted).length === 0) return
    try {
      const {
        agents: _agents,
        messages: _messages,
        ...changed
      } = await client.rooms.update({
        path: { room_id: room.id },
        payload: wanted
      })
      room.showRoom({ ...room.room(), ...changed })
    } catch (error) {
      throw error instanceof Refused && refuse(fieldsOf(error)) ? new Error(words.checkFields) : error
    }
  })

  const openRemoval = makeRemoval(options)
  remove.addEventListener("click", () => {
    dialog.close()
    openRemoval()
  })

  return () => {
    const room = options.room()
    if (room === null) return
    for (const field of all) field.fill(room.room())
    refuse(new Map())
    unfold()
    offerFiles(room.id)
    // Without it people still can type.
    void offer().catch(() => {})
    remove.hidden = !options.mayRemove()
    dialog.show()
  }
}
