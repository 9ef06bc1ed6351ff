import { avatar, clock, h, hue } from "./dom.ts"
import { type Message, type Who, whoWas } from "./wire.ts"
import { pictureWords, words } from "./words.ts"

export const isSystem = (message: Message) => message.participant_type === "system"

const personIn = (message: Message) =>
  message.participant_name ??
  (message.participant_type === "situation_builder"
    ? words.situation
    : message.role === "user"
      ? words.you
      : words.unknown)

export const speakerOf = (message: Message): Who => {
  const { agent_display_name, agent_name } = message
  if (agent_name !== null) return whoWas({ agent_name, agent_display_name })
  const name = personIn(message)
  return { name, shown: name }
}

export const thoughts = (text: string | Node) =>
  h("details", { class: "thoughts" }, h("summary", {}, words.thoughts), h("div", {}, text))

const pictures = (message: Message) => {
  const { images } = message
  if (images === null) return []
  const shown = images.map(({ url }, at) => {
    const alt = pictureWords.shown(at + 1, images.length, speakerOf(message).shown)
    const picture = h("img", { src: url, alt, loading: "lazy" })
    return h("li", {}, h("a", { href: url, target: "_blank", rel: "noopener" }, picture))
  })
  return [h("ul", { class: "pictures" }, ...shown)]
}

/** What a screen reader is told of a message. */
export const heard = (message: Message) => {
  const count = message.images?.length ?? 0
  const parts = [message.content, ...(count > 0 ? [pictureWords.count(count)] : [])].filter(Boolean)
  return isSystem(message) ? message.content : `${speakerOf(message).shown}: ${parts.join(" · ")}`
}

/** One line of the conversation that is nobody's speech. */
export const noticeItem = (text: string, kind: string) => h("li", { class: "notice", "data-kind": kind }, text)

/** A spoken line: who, when, what; the parts that stream are text nodes that the caller may append to. */
export const spoken = (
  who: Who,
  picture: string | null,
  from: string,
  parts: { readonly byline: ReadonlyArray<Node>; readonly thinking: Node | null; readonly content: Node },
  below: ReadonlyArray<Node> = []
) =>
  h(
    "li",
    { class: "message", "data-from": from, ...hue(who.name) },
    avatar(who, picture),
    h(
      "div",
      { class: "body" },
      h("p", { class: "byline" }, h("strong", {}, who.shown), ...parts.byline),
      ...(parts.thinking ? [thoughts(parts.thinking)] : []),
      h("div", { class: "words" }, parts.content),
      ...below
    )
  )

export const render = (message: Message) => {
  if (isSystem(message)) return noticeItem(message.content, "quiet")
  const from = message.participant_type === "situation_builder" ? "scene" : message.role === "user" ? "person" : "agent"
  const how = words.cuts[message.finish ?? (message.partial ? "interrupted" : "stop")]
  const cut = how === null ? [] : [h("span", { class: "cut" }, how)]
  const parts = {
    byline: [clock(message.timestamp), ...cut],
    thinking: message.thinking ? document.createTextNode(message.thinking) : null,
    content: document.createTextNode(message.content)
  }
  return spoken(speakerOf(message), message.agent_profile_pic, from, parts, pictures(message))
}
