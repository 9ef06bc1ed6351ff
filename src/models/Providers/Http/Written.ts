import type { ToolSpec } from "../../../domain/Provider.ts"
import { promised } from "../../../lib/promised.ts"
import { type Block, blockIn, closeIn, closes, endOf, opens } from "./Written/Blocks.ts"
import { begunIn, objectIn, read } from "./Written/Objects.ts"
import { fits, inBlock, inJson, type Written } from "./Written/Read.ts"

const longestBlock = 32_768
const longestObject = 8192

const marks = [...opens, ...closes]

const mayBegin = /[<[{`]/

/**
 * Tells the calls of tools that a model writes as text from what it says. What stands in the marks of a call is never
 * said. An object is a call where it stands alone on its lines, and names one of the tools with all that it takes and
 * nothing else.
 */
export const make = (tools: ReadonlyArray<ToolSpec>) => {
  const parameters = new Map(tools.map((tool) => [tool.name, tool.parameters]))
  const calls: Array<Written> = []
  let held = ""
  /** What comes next begins a line. */
  let isLine = true
  let isCut = false
  let isLost = false

  const tell = (end: number) => {
    const told = held.slice(0, end)
    held = held.slice(end)
    if (told !== "") isLine = told.endsWith("\n")
    return told
  }

  const isOffered = (call: Written) => {
    const wanted = parameters.get(call.name)
    return wanted !== undefined && fits(call, wanted)
  }

  const take = (found: ReadonlyArray<Written>, end: number) => {
    calls.push(...found)
    held = held.slice(end)
    isCut = true
  }

  /** What is said at the beginning of the held text, which may be a call; null as long as that is not certain. */
  const passBlock = (block: Block, isLast: boolean): string | null => {
    const end = endOf(held, block)
    if (end === null && !isLast) {
      isLost = held.length > longestBlock
      if (isLost) take([], held.length)
      return null
    }
    take(inBlock(held.slice(block.open.length, end?.inner)), end?.outer ?? held.length)
    return ""
  }
  const passObject = (isLast: boolean): string | null => {
    const { alone, end, json } = read(held, isLast)
    if (alone === null && held.length <= longestObject) return null
    const found = alone === true ? inJson(json) : []
    if (found.length === 0 || !found.every(isOffered)) return tell(lineEnd(held))
    take(found, end)
    return ""
  }

  const look = (isLast: boolean): string => {
    let said = ""
    while (true) {
      const block = blockIn(held)
      const object = objectIn(held, isLine)
      // Of blocks within a block all but the first end are left.
      const left = isCut ? closeIn(held) : null
      const at = Math.min(block?.at ?? Infinity, object ?? Infinity, left?.at ?? Infinity)
      if (at === Infinity) {
        const end = isLast ? held.length : Math.min(promised(held, isCut ? marks : opens), begunIn(held, isLine))
        return said + tell(end)
      }
      said += tell(at)
      if (left?.at === at) {
        held = held.slice(left.it.length)
        continue
      }
      const passed = block?.at === at ? passBlock(block.it, isLast) : passObject(isLast)
      if (passed === null) return said
      said += passed
    }
  }

  return {
    hear: (text: string): string => {
      if (isLost) return ""
      const isPlain = held === "" && !mayBegin.test(text)
      held += text
      return isPlain ? tell(held.length) : look(false)
    },
    /** What was held back, when nothing more comes. */
    end: () => look(true),
    calls: (): ReadonlyArray<Written> => calls,
    /** Whether anything was cut out of the text. */
    isCut: () => isCut
  }
}

const lineEnd = (text: string) => {
  // An object begins behind its fence.
  const at = text.indexOf("\n", text.search(/[[{]/))
  return at === -1 ? text.length : at + 1
}
