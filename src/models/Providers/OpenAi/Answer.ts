import { Either } from "effect"
import { ProviderEvent } from "../../../domain/Provider.ts"
import { Crashed, type ProviderError } from "../../../domain/ProviderError.ts"
import { finishOf } from "../Finish.ts"
import { failureOf } from "../Http/Broken.ts"
import { type Fields, fields, isFields, items, parse, text } from "../Http/Lenient.ts"
import type { Listener } from "../Http/Protocol.ts"
import { brokenOff } from "../Silence.ts"
import type { Told } from "../Tally.ts"
import * as Calls from "./Calls.ts"
import { contentOf } from "./Content.ts"
import * as Details from "./Details.ts"
import { complaintIn } from "./Complaint.ts"
import type { Message } from "./Request.ts"
import * as Usage from "./Usage.ts"

const largestInput = 1_048_576

const nothing = Either.right<ReadonlyArray<ProviderEvent>>([])
const crashed = (reason: string) => Either.left(new Crashed({ reason }))

/** What there is of a word; some servers send one that means none. */
const wordOf = (it: unknown) => (it === "null" ? "" : text(it))

/** Follows one chat completion: in pieces, or whole in one event. */
export const listen =
  (hide: (text: string) => string) =>
  (asked: string, hasImages: boolean): Listener<Message> => {
    const calls = Calls.make()
    const details = Details.make()
    const blocks = Details.make()
    let extra: Fields = {}
    const usage = Usage.make()
    let model = asked
    let said = ""
    let refusal = ""
    /** Thoughts go back under the name that they came by: a server that gives them may want them. */
    const thoughts = { reasoning_content: "", reasoning: "" }
    /** Those that came as a part of the content. */
    let part = ""
    let told: Told | null = null
    let size = 0
    let finish = ""
    let unread = 0
    let isInOne = false
    let isOver = false

    const think = (thought: string): ReadonlyArray<ProviderEvent> => {
      size += thought.length
      return thought === "" ? [] : [ProviderEvent.ThinkingDelta({ text: thought })]
    }

    // Some servers send the same thought under several names.
    const thoughtIn = (delta: Fields, inContent: string) => {
      const detailed = delta["reasoning_details"] === undefined ? "" : details.add(delta["reasoning_details"])
      part += inContent
      for (const name of ["reasoning_content", "reasoning"] as const) {
        const thought = text(delta[name])
        if (thought === "") continue
        thoughts[name] += thought
        return thought
      }
      return detailed || inContent
    }

    const take = (delta: Fields): Either.Either<ReadonlyArray<ProviderEvent>, ProviderError> => {
      const content = contentOf(delta["content"])
      const thought = think(thoughtIn(delta, content.thought))
      blocks.add(delta["thinking_blocks"])
      extra = Calls.extraIn(extra, delta)
      const older = isFields(delta["function_call"]) ? [{ index: 0, function: delta["function_call"] }] : []
      for (const piece of [...items(delta["tool_calls"]), ...older]) {
        const { added, length } = calls.add(fields(piece))
        size += added
        if (length > largestInput) return crashed("the answer is garbled: a tool's input is too large")
      }
      refusal += content.refusal + text(delta["refusal"])
      if (content.text === "") return thought.length === 0 ? nothing : Either.right(thought)
      said += content.text
      size += content.text.length
      return Either.right([...thought, ProviderEvent.TextDelta({ text: content.text })])
    }

    const count = (event: Fields, choice: Fields) => {
      for (const place of Usage.placesOf(event, choice)) {
        if (!isFields(place)) continue
        usage.note(place)
        told = usage.told(model)
      }
    }

    const isWhole = () => isOver || isInOne || finish !== ""

    const hear = (event: Fields, name: string): Either.Either<ReadonlyArray<ProviderEvent>, ProviderError> => {
      const choice = fields(items(event["choices"])[0])
      model = text(event["model"]) || model
      count(event, choice)
      const complaint = complaintIn(event, choice, name)
      // What goes wrong after the end takes nothing away.
      if (complaint !== null)
        return isWhole() && finish !== "error" ? nothing : Either.left(failureOf(complaint, { model, hasImages, hide }))
      finish = wordOf(choice["finish_reason"]) || finish
      const { delta, message } = choice
      // One that comes whole after its pieces was heard already.
      if (isFields(message) && size === 0) {
        isInOne = true
        return take(message)
      }
      return isFields(delta) ? take(delta) : take({ content: text(choice["text"]) })
    }

    return {
      hear: (data, name) => {
        if (data.trim() === "[DONE]") {
          isOver = true
          return nothing
        }
        const event = parse(data)
        if (event !== null) return hear(event, name)
        if (data.trim() !== "") unread++
        return nothing
      },
      heard: () => size,
      told: () => told,
      isOver: () => isOver,
      isWhole,
      outcome: () => {
        if (!isWhole()) return crashed(brokenOff(unread))
        const how = finishOf(finish)
        const made = how === "stop" || how === "paused" ? calls.all() : []
        const whole = made.filter(
          ({ input, name }) => name !== "" && (finish === "tool_calls" || Calls.isReadable(input))
        )
        const isRefused = refusal !== "" && how === "stop"
        const message: Message = {
          role: "assistant",
          content: contentBack(said, part),
          ...Object.fromEntries(Object.entries(thoughts).filter(([, thought]) => thought !== "")),
          ...(details.all().length === 0 ? {} : { reasoning_details: details.all() }),
          ...(blocks.all().length === 0 ? {} : { thinking_blocks: blocks.all() }),
          ...extra,
          ...(whole.length === 0 ? {} : { tool_calls: whole.map(callBack) })
        }
        return Either.right({
          model,
          finish: isRefused ? "refusal" : finish || null,
          calls: whole,
          said: message,
          refusal: hide(refusal),
          isGarbled: unread > 0 || whole.length < made.length
        })
      }
    }
  }

/** As the server takes them back. */
const contentBack = (said: string, part: string) => {
  const spoken = said === "" ? [] : [{ type: "text", text: said }]
  if (part !== "") return [{ type: "thinking", thinking: [{ type: "text", text: part }] }, ...spoken]
  return said === "" ? null : said
}

const callBack = ({ extra, id, input, name }: Calls.Call) => ({
  id,
  type: "function",
  function: { name, arguments: Calls.isReadable(input) ? input.trim() || "{}" : "{}", ...extra.function },
  ...extra.call
})
