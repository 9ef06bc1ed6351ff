import type { AgentId } from "../domain/Agent.ts"
import type { LiveEvent } from "../domain/Event.ts"
import { byId } from "./dom.ts"
import { spoken } from "./message.ts"

type Start = Extract<LiveEvent, { readonly type: "stream_start" }>
type Delta = Extract<LiveEvent, { readonly type: "content_delta" | "thinking_delta" }>

interface Draft {
  readonly agentId: AgentId
  readonly name: string
  readonly content: Text
  readonly thinking: Text
  readonly item: HTMLElement
}

const list = byId("drafts", HTMLOListElement)

/** What is being said at this moment. Nothing is shown of a turn before its first token: it may still be a skip. */
export const makeDrafts = (changed: () => void) => {
  const drafts = new Map<string, Draft>()

  const show = ({ content, item, thinking }: Draft) => {
    item.toggleAttribute("data-thinking", thinking.length > 0)
    item.toggleAttribute("data-speaking", content.length > 0)
    if (content.length + thinking.length > 0 && !item.isConnected) list.append(item)
  }

  const end = (tempId: string) => {
    drafts.get(tempId)?.item.remove()
    drafts.delete(tempId)
  }

  return {
    /** Who has begun a turn, and whether words have come. */
    speakers: () => Array.from(drafts.values(), ({ content, name }) => ({ name, speaking: content.length > 0 })),

    start(event: Start) {
      end(event.temp_id)
      const content = document.createTextNode(event.response_text)
      const thinking = document.createTextNode(event.thinking_text)
      const item = spoken(event.agent_name, event.agent_profile_pic, "agent", { byline: [], thinking, content })
      item.classList.add("draft")
      const draft = { agentId: event.agent_id, name: event.agent_name, content, thinking, item }
      drafts.set(event.temp_id, draft)
      show(draft)
      changed()
    },

    add(event: Delta) {
      const draft = drafts.get(event.temp_id)
      const text = event.type === "content_delta" ? draft?.content : draft?.thinking
      if (!draft || !text || event.offset < text.length) return
      text.appendData(event.delta)
      show(draft)
      changed()
    },

    end,

    /** Takes away what the agent was saying: its message stands in the conversation now. */
    settled(agentId: AgentId) {
      for (const draft of drafts.values()) if (draft.agentId === agentId) draft.item.remove()
    },

    clear() {
      drafts.clear()
      list.replaceChildren()
    }
  }
}
