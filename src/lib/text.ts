// Direction marks, zero-width and tag characters: invisible, so a reader cannot see what they do. Joiners stay.
const invisible = /[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e01ef}\p{Cs}]/gu

/** The text on one line: no control or invisible characters, blanks collapsed and trimmed. */
export const oneLine = (text: string) =>
  text
    .replace(invisible, "")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Zs}]+/gu, " ")
    .trim()

/** Sorts by code unit: the same order in every locale. */
export const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const ignorable = /\p{Default_Ignorable_Code_Point}/gu
const blank = /[\p{Zs}\t_]/gu

/**
 * The same for texts that people take for the same name: in any case, the Turkish i's among them, in any width, however
 * they are encoded, with underscores or spaces, with either apostrophe. Letter by letter it gives what it gives for the
 * whole.
 */
export const folded = (text: string) =>
  [...text.normalize("NFKD")]
    .map((letter) => letter.toLowerCase().toUpperCase().toLowerCase())
    .join("")
    .replace(ignorable, "")
    .replace(blank, " ")
    .replaceAll("’", "'")
    .replaceAll("i\u0307", "i")

const bytes = (text: string) => new TextEncoder().encode(text).length

/** At most so many code units, and no half character at the end. */
export const cut = (text: string, most: number) =>
  text.length > most ? text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "") : text

/** The longest beginning of the text that fits into `limit` bytes; no character is cut in two. */
export const beginning = (text: string, limit: number) =>
  text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(limit)).read)

/** At most so many code units; what is longer ends in a sign that it went on. */
export const brief = (text: string, most: number) =>
  text.length > most ? `${text.slice(0, most).replace(/[\uD800-\uDBFF]$/, "")}…` : text

/** The newest of the lines that fit into `limit` bytes, in their order. */
export const newestWithin = (lines: ReadonlyArray<string>, limit: number): ReadonlyArray<string> => {
  let left = limit
  let first = lines.length
  while (first > 0) {
    left -= bytes(lines[first - 1] ?? "") + 1
    if (left < 0) break
    first--
  }
  return lines.slice(first)
}

/** `1 room`, `2 rooms`. */
export const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`
