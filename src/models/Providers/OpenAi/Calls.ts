import { Option, Schema } from "effect"
import { type Fields, fields, isFields, json, number, text } from "../Http/Lenient.ts"
import { identified } from "../Http/Tools.ts"

const JsonObject = Schema.decodeOption(Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })))

/** True for what can be given back to a server as the input of a tool. */
export const isReadable = (input: string) => Option.isSome(JsonObject(input.trim() === "" ? "{}" : input))

interface Piece {
  readonly id: string
  readonly index: number | null
  readonly name: string
  readonly input: string
  readonly extra: Extra
}

/** What a vendor wants back with a call: Gemini its signature, from itself or by LiteLLM. */
interface Extra {
  readonly call: Fields
  readonly function: Fields
}

export interface Call {
  readonly id: string
  readonly name: string
  readonly input: string
  readonly extra: Extra
}

interface Growing extends Call {
  id: string
  name: string
  input: string
  extra: Extra
}

const extras = ["extra_content", "provider_specific_fields"]

/** Of an object, what goes back as it came; a later piece may hold more of it. */
export const extraIn = (before: Fields, it: Fields): Fields => {
  const found = extras.filter((name) => isFields(it[name]))
  if (found.length === 0) return before
  return {
    ...before,
    ...Object.fromEntries(found.map((name) => [name, { ...fields(before[name]), ...fields(it[name]) }]))
  }
}

const pieceOf = (it: Fields): Piece => {
  const named = fields(it["function"] ?? it)
  return {
    id: text(it["id"]),
    index: number(it["index"]),
    name: text(named["name"]),
    input: json(named["arguments"]),
    extra: { call: extraIn({}, it), function: extraIn({}, fields(it["function"])) }
  }
}

/** The tool calls of one answer, put together from their pieces. */
export const make = () => {
  const calls: Array<Growing> = []
  const byIndex = new Map<number, Growing>()
  const byId = new Map<string, Growing>()

  const isDone = ({ input }: Growing) => input.trimEnd().endsWith("}") && isReadable(input)

  /** The call that a piece continues, if any: by its id before its index, for not every server counts them rightly. */
  const found = (piece: Piece): Growing | undefined => {
    const { id, index, input, name } = piece
    const placed = index === null ? undefined : byIndex.get(index)
    const latest = calls.at(-1)
    // A name with more input, where the call has all of its own, is another call's.
    const within = (call: Growing | undefined) =>
      call !== undefined && name !== "" && input !== "" && isDone(call) ? undefined : call
    if (id === "") {
      if (placed !== undefined) return within(placed)
      if (name === "" || latest === undefined) return latest
      return index === null && name === latest.name ? within(latest) : undefined
    }
    const known = placed?.id === id ? placed : byId.get(id)
    // Some give two calls one id.
    if (known !== undefined) return name !== "" && index !== null && placed === undefined ? undefined : within(known)
    const before = index === null ? latest : placed
    if (before === undefined) return undefined
    if (before.id === "" && (name === "" || before.name === "")) return before
    // Some give every piece of a call an id of its own.
    return name === "" && input !== "" && !isDone(before) ? before : undefined
  }

  const open = (): Growing => {
    const call = { id: "", name: "", input: "", extra: { call: {}, function: {} } }
    calls.push(call)
    return call
  }

  return {
    /** How much of its input a call was given, and how long that has become. */
    add: (it: Fields) => {
      const piece = pieceOf(it)
      const call = found(piece) ?? open()
      if (piece.index !== null) byIndex.set(piece.index, call)
      if (piece.id !== "") byId.set(piece.id, call)
      // Some servers repeat both with every piece.
      call.id ||= piece.id
      call.name ||= piece.name
      call.input += piece.input
      call.extra = {
        call: extraIn(call.extra.call, piece.extra.call),
        function: extraIn(call.extra.function, piece.extra.function)
      }
      return { added: piece.input.length, length: call.input.length }
    },
    all: (): ReadonlyArray<Call> => {
      const ids = identified(calls)
      return calls.map((call, at) => ({ ...call, id: ids[at]?.id ?? call.id }))
    }
  }
}
