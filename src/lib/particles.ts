const forms = {
  은는: ["은", "는"],
  이가: ["이", "가"],
  을를: ["을", "를"],
  과와: ["과", "와"],
  으로로: ["으로", "로"]
} as const
type Particle = keyof typeof forms

const isParticle = (text: string): text is Particle => Object.hasOwn(forms, text)

const firstSyllable = 0xac00
const lastSyllable = 0xd7a3
const finals = 28
const rieul = 8

/** The value with the form of the particle that fits its last sound; text that is not Hangul counts as closed. */
export const withParticle = (value: string, particle: Particle) => {
  const [closed, open] = forms[particle]
  if (value === "") return open
  const composed = value.normalize("NFC")
  const code = composed.charCodeAt(composed.length - 1)
  if (code < firstSyllable || code > lastSyllable) return value + closed
  const final = (code - firstSyllable) % finals
  return value + (final === 0 || (particle === "으로로" && final === rieul) ? open : closed)
}

/**
 * Replaces `{name}` and `{name:은는}` by the named value, in one pass: a placeholder inside a value stays text.
 * Placeholders without a value, or with an unknown particle, stay as they are.
 */
export const expand = (template: string, values: Readonly<Record<string, string>>) =>
  template.replace(/\{([\p{L}_][\p{L}\p{N}_]*)(?::([가-힣]+))?\}/gu, (whole, name: string, particle?: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined) return whole
    if (particle === undefined) return value
    return isParticle(particle) ? withParticle(value, particle) : whole
  })
