import { byId, h, say, timeOfDay } from "./dom.ts"
import { spoken } from "./message.ts"
import { type EventOf, type Who, whoWas } from "./wire.ts"
import { words } from "./words.ts"

type Start = EventOf<"stream_start">
type Delta = EventOf<"content_delta" | "thinking_delta">
type Wait = EventOf<"turn_waiting">

interface Draft {
  readonly agentId: number
  readonly who: Who
  readonly content: Text
  readonly thinking: Text
  readonly item: HTMLElement
  /** Says what the agent waits for; hidden while it does not. */
  readonly wait: HTMLElement
}

const list = byId("drafts", HTMLOListElement)

/**
 * What is being said at this moment. Nothing is shown of a turn before its first token, for it may still be a skip, but
 * that it has to wait.
 */
export const makeDrafts = (changed: () => void) => {
  const drafts = new Map<string, Draft>()

  const show = ({ content, item, thinking, wait }: Draft) => {
    item.toggleAttribute("data-thinking", thinking.length > 0)
    item.toggleAttribute("data-speaking", content.length > 0)
    const isShown = content.length + thinking.length > 0 || !wait.hidden
    if (!isShown) item.remove()
    else if (!item.isConnected) list.append(item)
  }

  const end = (tempId: string) => {
    drafts.get(tempId)?.item.remove()
    drafts.delete(tempId)
  }

  return {
    /** Who has begun a turn, and whether words have come. */
    speakers: () =>
      Array.from(drafts.values(), ({ content, wait, who }) => ({
        who,
        speaking: content.length > 0,
        waiting: !wait.hidden
      })),

    start(event: Start) {
      end(event.temp_id)
      const content = document.createTextNode(event.response_text)
      const thinking = document.createTextNode(event.thinking_text)
      const wait = h("p", { class: "hint", hidden: true })
      const who = whoWas(event)
      const item = spoken(who, event.agent_profile_pic, "agent", { byline: [], thinking, content }, [wait])
      item.classList.add("draft")
      const draft = { agentId: event.agent_id, who, content, thinking, item, wait }
      drafts.set(event.temp_id, draft)
      show(draft)
      changed()
    },

    add(event: Delta) {
      const draft = drafts.get(event.temp_id)
      const text = event.type === "content_delta" ? draft?.content : draft?.thinking
      if (!draft || !text || event.offset < text.length) return
      say(draft.wait, null)
      text.appendData(event.delta)
      show(draft)
      changed()
    },

    wait({ temp_id, waiting }: Wait) {
      const draft = drafts.get(temp_id)
      if (!draft) return
      const until = waiting?.until ? timeOfDay(waiting.until) : null
      say(draft.wait, waiting && words.waits(waiting.provider, waiting.reason, until))
      show(draft)
      changed()
    },

    end,

    /** Takes away what the agent was saying: its message stands in the conversation now. */
    settled(agentId: number) {
      for (const draft of drafts.values()) if (draft.agentId === agentId) draft.item.remove()
    },

    clear() {
      drafts.clear()
      list.replaceChildren()
    }
  }
}
