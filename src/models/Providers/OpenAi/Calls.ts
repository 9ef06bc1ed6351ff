import { Option, Schema } from "effect"
import { identified } from "../Http/Tools.ts"
import type { Piece } from "./Event.ts"

const JsonObject = Schema.decodeOption(Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })))

/** True for what can be given back to a server as the input of a tool. */
export const isReadable = (input: string) => Option.isSome(JsonObject(input.trim() === "" ? "{}" : input))

/** The tool calls of one answer, put together from their pieces. */
export const make = () => {
  const growing = new Map<number, { id: string; name: string; input: string }>()

  // A server that gives no index sends each call whole, or its pieces one after the other.
  const indexOf = ({ id, index }: Piece) => index ?? (id ? growing.size : Math.max(0, growing.size - 1))

  return {
    /** How long the call's input has become. */
    add: (piece: Piece) => {
      const index = indexOf(piece)
      const call = growing.get(index) ?? { id: "", name: "", input: "" }
      growing.set(index, call)
      // Some servers repeat both with every piece.
      call.id ||= piece.id ?? ""
      call.name ||= piece.function?.name ?? ""
      call.input += piece.function?.arguments ?? ""
      return call.input.length
    },
    all: () => identified([...growing].toSorted(([one], [other]) => one - other).map(([, call]) => call))
  }
}
