import { Either } from "effect"
import type { ProviderEvent } from "../../../domain/Provider.ts"
import { Crashed, type ProviderError } from "../../../domain/ProviderError.ts"
import { isComplaint } from "../Complaint.ts"
import { finishOf } from "../Finish.ts"
import { failureOf } from "../Http/Broken.ts"
import { type Fields, fields, items, parse, text } from "../Http/Lenient.ts"
import type { Listener } from "../Http/Protocol.ts"
import { brokenOff } from "../Silence.ts"
import type { Told } from "../Tally.ts"
import * as Blocks from "./Blocks.ts"
import type { Message } from "./Request.ts"
import * as Usage from "./Usage.ts"

const nothing = Either.right<ReadonlyArray<ProviderEvent>>([])

/** What a gateway says that speaks another protocol. */
const typeless = (event: Fields) => (isComplaint(event) ? "error" : "")

/** Follows one answer of the Messages API: in pieces, or whole in one event. */
export const listen =
  (hide: (text: string) => string) =>
  (asked: string, hasImages: boolean): Listener<Message> => {
    const blocks = Blocks.make()
    const usage = Usage.make()
    let told: Told | null = null
    let model = asked
    let stopReason = ""
    let refusal = ""
    let unread = 0
    let isOver = false

    const isWhole = () => isOver || stopReason !== ""

    const count = (counts: unknown) => {
      told = usage.note(model, counts) ?? told
    }

    const stop = (it: Fields) => {
      stopReason = text(it["stop_reason"]) || stopReason
      const details = fields(it["stop_details"])
      refusal = text(details["explanation"]) || text(details["category"]) || refusal
    }

    const whole = (message: Fields) => {
      model = text(message["model"]) || model
      count(message["usage"])
      stop(message)
      isOver = true
      return Either.right(items(message["content"]).flatMap((block) => blocks.whole(fields(block))))
    }

    const take = (event: Fields, type: string): Either.Either<ReadonlyArray<ProviderEvent>, ProviderError> => {
      switch (type) {
        case "message":
          return whole(event)
        case "message_start":
          model = text(fields(event["message"])["model"]) || model
          count(fields(event["message"])["usage"])
          return nothing
        case "content_block_start":
          return Either.right(blocks.open(event))
        case "content_block_delta":
          return blocks.grow(event)
        case "content_block_stop":
          blocks.close(event)
          return nothing
        case "message_delta":
          stop(fields(event["delta"]))
          count(event["usage"])
          return nothing
        case "message_stop":
          isOver = true
          return nothing
        case "error":
          // What goes wrong after the end takes nothing away.
          return isWhole() ? nothing : Either.left(failureOf(event, { model, hasImages, hide }))
        default:
          return nothing
      }
    }

    return {
      hear: (data, name) => {
        const event = parse(data)
        if (event !== null)
          return take(event, event["error"] ? "error" : text(event["type"]) || typeless(event) || name)
        if (data.trim() !== "") unread++
        return nothing
      },
      heard: blocks.size,
      told: () => told,
      isOver: () => isOver,
      isWhole,
      outcome: () => {
        if (!isWhole()) return Either.left(new Crashed({ reason: brokenOff(unread) }))
        const how = finishOf(stopReason)
        // What was cut off at the limit of tokens is no call.
        const { calls, content, isCut } = blocks.taken(how === "stop" || how === "paused")
        return Either.right({
          model,
          finish: stopReason || null,
          calls,
          said: { role: "assistant", content },
          refusal: hide(refusal),
          isGarbled: unread > 0 || isCut
        })
      }
    }
  }
