/**
 * Where a text that is still coming may be about to hold one of the words, which are in lower case: the place of its
 * longest end that begins one, in any case; its length where none does.
 */
export const promised = (text: string, words: ReadonlyArray<string>) => {
  const longest = Math.max(...words.map(({ length }) => length)) - 1
  for (let at = Math.max(0, text.length - longest); at < text.length; at++) {
    const end = text.slice(at).toLowerCase()
    if (words.some((word) => word.startsWith(end))) return at
  }
  return text.length
}
