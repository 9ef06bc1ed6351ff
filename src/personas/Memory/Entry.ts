import { Either } from "effect"
import { MemoryRefused } from "../../domain/Persona.ts"
import { oneLine } from "../../lib/text.ts"

const longest = 500
// Far above any honest entry: what is longer is not worth cleaning.
const absurd = 20_000

const structure = /^(?:(?:[#>*+=_~`|-]+|\d{1,9}[.)])(?:\s+|(?=\[)|$)|>+|[`~]{3,})/

const withoutStructure = (line: string): string => {
  const rest = line.replace(structure, "").trimStart()
  return rest === line ? line : withoutStructure(rest)
}

/** One plain line: nothing in it can begin a heading, a list, a section or a second entry. */
export const sanitise = (entry: string): Either.Either<string, MemoryRefused> => {
  const line = entry.length > absurd ? entry : withoutStructure(oneLine(entry))
  const { length } = [...line]
  if (length > longest) {
    return Either.left(
      MemoryRefused.of(
        "too_long",
        `A memory has at most ${longest} characters; this one has ${length}. Say it shorter.`
      )
    )
  }
  return line === "" ? Either.left(MemoryRefused.of("empty", "There is nothing in this memory.")) : Either.right(line)
}

export const formatLine = (date: string, entry: string) => `- [${date}] ${entry}`

/** The entries of a memory file, oldest first, without their bullets. */
export const parseLines = (text: string): ReadonlyArray<string> =>
  text.split("\n").flatMap((line) => (/^- \[\d{4}-\d\d-\d\d\] /.test(line) ? [line.slice(2)] : []))
