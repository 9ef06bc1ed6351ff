const firstSyllable = 0xac00
const syllables = 11_172

/** Trail bytes of the extension are A to Z, a to z, then 0x81 to 0xfe, counted in this order; -1 for others. */
const columnOf = (trail: number) => {
  if (trail >= 0x41 && trail <= 0x5a) return trail - 0x41
  if (trail >= 0x61 && trail <= 0x7a) return trail - 0x61 + 26
  return trail >= 0x81 && trail <= 0xfe ? trail - 0x81 + 52 : -1
}

const wide = 178
const narrow = 84

/** Where a pair outside KS X 1001 stands among the syllables that KS X 1001 lacks; -1 for none. */
const place = (lead: number, trail: number) => {
  const column = columnOf(trail)
  if (column < 0) return -1
  if (lead <= 0xa0) return (lead - 0x81) * wide + column
  return column < narrow ? (0xa1 - 0x81) * wide + (lead - 0xa1) * narrow + column : -1
}

/** CP949, Windows' superset of EUC-KR, which is all that Node's `euc-kr` knows; null or a throw for other bytes. */
export const decodeCp949 = (bytes: Uint8Array): string | null => {
  const korean = new TextDecoder("euc-kr", { fatal: true })
  const common = new Set<string>()
  for (let lead = 0xb0; lead <= 0xc8; lead++) {
    for (let trail = 0xa1; trail <= 0xfe; trail++) common.add(korean.decode(Uint8Array.of(lead, trail)))
  }
  const rare = Array.from({ length: syllables }, (_, i) => String.fromCharCode(firstSyllable + i)).filter(
    (syllable) => !common.has(syllable)
  )
  let text = ""
  for (let i = 0; i < bytes.length; i++) {
    const lead = bytes[i] ?? 0
    if (lead < 0x80) {
      text += String.fromCharCode(lead)
      continue
    }
    const trail = bytes[++i] ?? 0
    if (lead === 0x80 || lead === 0xff) return null
    const isCommon = lead >= 0xa1 && trail >= 0xa1 && trail <= 0xfe
    const character = isCommon ? korean.decode(Uint8Array.of(lead, trail)) : rare[place(lead, trail)]
    if (character === undefined) return null
    text += character
  }
  return text
}
