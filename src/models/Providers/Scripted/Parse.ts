import { Array, Either } from "effect"
import {
  Crashed,
  InvalidRequest,
  Overloaded,
  type ProviderError,
  RateLimited,
  SessionLost,
  Unauthorized
} from "../../../domain/ProviderError.ts"
import * as Script from "./Script.ts"

/** Why a text is no script: the line, and what was expected there. */
export type Problem = string

interface Line {
  readonly number: number
  readonly verb: string
  readonly rest: string
}

type Parsed<A> = Either.Either<A, Problem>

/** The turns of a script, one block each; blocks are divided by blank lines and by lines that say `turn`. */
export const parse = (text: string): Parsed<Array.NonEmptyReadonlyArray<Script.Script>> =>
  Either.gen(function* () {
    const turns: Array<Script.Script> = []
    for (const block of blocksOf(text)) turns.push(yield* script(block))
    return Array.isNonEmptyReadonlyArray(turns) ? turns : yield* Either.left("line 1: expected a verb, such as `say`")
  })

const blocksOf = (text: string) => {
  const blocks: Array<Array<Line>> = [[]]
  for (const [at, raw] of text.split("\n").entries()) {
    const line = raw.trim()
    // A fence lets a page show the script as it is.
    if (line.startsWith("```")) continue
    const [, verb = "", rest = ""] = /^(\S*)\s*(.*)$/.exec(line) ?? []
    if (verb === "" || verb === "turn") blocks.push([])
    else blocks.at(-1)?.push({ number: at + 1, verb, rest })
  }
  return blocks.filter(({ length }) => length > 0)
}

const script = (lines: ReadonlyArray<Line>): Parsed<Script.Script> =>
  Either.map(steps(lines, 0, null), ([found]) => found)

/** Reads up to the line that ends an alternative, or to the last one. */
const steps = (
  lines: ReadonlyArray<Line>,
  from: number,
  opener: Line | null
): Parsed<readonly [Script.Script, number]> =>
  Either.gen(function* () {
    const found: Array<Script.Step> = []
    let at = from
    for (let line = lines[at]; line !== undefined; line = lines[at]) {
      if (line.verb === "or" || line.verb === "end") {
        return opener === null ? yield* wrong(line, "`either` before it") : ([found, at] as const)
      }
      if (line.verb === "either") {
        const [step, end] = yield* alternatives(lines, at)
        found.push(step)
        at = end + 1
      } else {
        found.push(yield* step(line))
        at++
      }
    }
    return opener === null ? [found, at] : yield* wrong(opener, "an `end` to it in the same turn")
  })

const alternatives = (lines: ReadonlyArray<Line>, from: number): Parsed<readonly [Script.Step, number]> =>
  Either.gen(function* () {
    const ways: Array<Script.Way> = []
    let at = from
    for (let line = lines[at]; line !== undefined && line.verb !== "end"; line = lines[at]) {
      const weight = yield* weightOf(line)
      const [script, end] = yield* steps(lines, at + 1, line)
      ways.push({ weight, script })
      at = end
    }
    return [Script.either(...ways), at] as const
  })

const wrong = ({ number }: Line, expected: string) => Either.left(`line ${number}: expected ${expected}`)

const weightOf = (line: Line): Parsed<number> => {
  if (line.rest === "") return Either.right(1)
  return /^\d+$/.test(line.rest) ? Either.right(Number(line.rest)) : wrong(line, "nothing or a weight, such as `2`")
}

const step = (line: Line): Parsed<Script.Step> => {
  switch (line.verb) {
    case "say":
      return Either.map(words(line), Script.say)
    case "think":
      return Either.map(words(line), Script.think)
    case "call":
      return call(line)
    case "pace":
      return Either.map(duration(line, line.rest), Script.pace)
    case "pause":
      return Either.map(duration(line, line.rest), Script.pause)
    case "fail":
      return Either.map(error(line), Script.fail)
    case "hang":
      return bare(line, Script.hang)
    case "die":
      return bare(line, Script.die)
    case "garbage":
      return bare(line, Script.garbage)
    case "stop":
      return bare(line, Script.stop)
    case "done":
      return bare(line, Script.done())
    default:
      return wrong(line, `one of ${verbs}; there is no \`${line.verb}\``)
  }
}

const verbs = "say, think, call, pace, pause, fail, hang, die, garbage, stop, done, either"

const words = (line: Line): Parsed<string> =>
  line.rest === "" ? wrong(line, `words after \`${line.verb}\``) : Either.right(line.rest.replaceAll("\\n", "\n"))

const bare = (line: Line, step: Script.Step): Parsed<Script.Step> =>
  line.rest === "" ? Either.right(step) : wrong(line, `nothing after \`${line.verb}\``)

const units = { ms: 1, s: 1000, m: 60_000 }

const duration = (line: Line, text: string): Parsed<number> => {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? []
  return unit === "ms" || unit === "s" || unit === "m"
    ? Either.right(Number(amount) * units[unit])
    : wrong(line, "a time, such as `20ms` or `2s`")
}

const argument = /([\w-]+)=("(?:[^"\\]|\\.)*"|[^\s"]+)\s*/y

const call = (line: Line): Parsed<Script.Step> =>
  Either.gen(function* () {
    const [, name = "", rest = ""] = /^([\w-]+)(?:\s+(.*))?$/.exec(line.rest) ?? []
    if (name === "") return yield* wrong(line, "the name of a tool")
    const input: Record<string, string> = {}
    argument.lastIndex = 0
    while (argument.lastIndex < rest.length) {
      const [, key = "", value = ""] = argument.exec(rest) ?? []
      if (key === "") return yield* wrong(line, 'inputs, such as `memory_entry="Bob likes tea"`')
      input[key] = value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, "$1") : value
    }
    return Script.call(name, input)
  })

const error = (line: Line): Parsed<ProviderError> => {
  const [, kind = "", rest = ""] = /^(\S*)\s*(.*)$/.exec(line.rest) ?? []
  const reason = rest === "" ? "as scripted" : rest
  const retryAfter = rest === "" ? Either.right(null) : duration(line, rest)
  switch (kind) {
    case "rate_limited":
      return Either.map(retryAfter, (retryAfterMs) => new RateLimited({ retryAfterMs }))
    case "overloaded":
      return Either.map(retryAfter, (retryAfterMs) => new Overloaded({ retryAfterMs }))
    case "unauthorized":
      return Either.right(new Unauthorized())
    case "session_lost":
      return Either.right(new SessionLost())
    case "invalid_request":
      return Either.right(new InvalidRequest({ reason }))
    case "crashed":
      return Either.right(new Crashed({ reason }))
    default:
      return wrong(line, `one of ${errors}`)
  }
}

const errors = "rate_limited, overloaded, unauthorized, session_lost, invalid_request, crashed"
