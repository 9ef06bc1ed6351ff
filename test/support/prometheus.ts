export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly name: string
  readonly labels: Labels
  readonly value: number
}

const types = new Set(["counter", "gauge", "histogram", "summary", "untyped"])
const head = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/
const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]?Inf|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?: -?\d+)?$/
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)/y
const unescaped = (text: string) => text.replace(/\\(.)/g, (_, it: string) => (it === "n" ? "\n" : it))

const labelsIn = (text: string): Labels => {
  const found: Record<string, string> = {}
  label.lastIndex = 0
  while (label.lastIndex < text.length) {
    const [, name = "", value = ""] = label.exec(text) ?? []
    if (name === "" || name in found) throw new Error(`labels cannot be read: ${text}`)
    found[name] = unescaped(value)
  }
  return found
}

const numberOf = (text: string) => (text.endsWith("Inf") ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text))

/** What a server says in version 0.0.4 of the text format; throws on whatever that does not allow. */
export const parse = (text: string) => {
  if (!text.endsWith("\n")) throw new Error("the last line has no end")
  const typeOf = new Map<string, string>()
  const helped = new Set<string>()
  const done = new Set<string>()
  const series = new Set<string>()
  const samples: Array<Sample> = []
  let current = ""

  const enter = (name: string) => {
    if (name === current) return
    if (done.has(name)) throw new Error(`${name} stands in two places`)
    done.add((current = name))
  }
  const familyOf = (name: string) => {
    const base = name.replace(/_(bucket|sum|count)$/, "")
    return typeOf.get(base) === "histogram" ? base : name
  }

  for (const line of text.slice(0, -1).split("\n")) {
    const [, keyword, name = "", rest = ""] = head.exec(line) ?? []
    if (keyword !== undefined) {
      enter(name)
      if (keyword === "HELP" ? helped.has(name) : typeOf.has(name) || !types.has(rest)) throw new Error(line)
      if (keyword === "HELP") helped.add(name)
      else typeOf.set(name, rest)
      continue
    }
    const [whole, named = "", labelled = "", value = ""] = sample.exec(line) ?? []
    if (whole === undefined) throw new Error(`not a line of the format: ${line}`)
    enter(familyOf(named))
    const labels = labelsIn(labelled)
    const key = `${named} ${Object.entries(labels).toSorted().join(";")}`
    if (series.has(key)) throw new Error(`twice: ${key}`)
    series.add(key)
    samples.push({ name: named, labels, value: numberOf(value) })
  }
  return { typeOf, helped, samples, series }
}

const without = ({ le: _, ...rest }: Labels) => Object.entries(rest).toSorted().join(";")

/** Why a histogram is none: its buckets must grow, and the last must hold all. */
export const faults = ({ samples, typeOf }: ReturnType<typeof parse>) =>
  [...typeOf].flatMap(([name, type]) => {
    if (type !== "histogram") return []
    const of = (suffix: string) => samples.filter((one) => one.name === `${name}_${suffix}`)
    return of("count").flatMap(({ labels, value }) => {
      const buckets = of("bucket").filter((one) => without(one.labels) === without(labels))
      const grows = buckets.every((one, at) => at === 0 || one.value >= (buckets[at - 1]?.value ?? 0))
      const last = buckets.at(-1)
      const isWhole = last?.labels["le"] === "+Inf" && last.value === value && of("sum").length === of("count").length
      return grows && isWhole ? [] : [`${name} ${without(labels)}`]
    })
  })
