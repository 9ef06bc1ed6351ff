import { Array, type MetricKey, MetricKeyType, type MetricPair, MetricState, Option } from "effect"

/** Version 0.0.4 of the text format. */
export const contentType = "text/plain; version=0.0.4; charset=utf-8"

type Labels = ReadonlyArray<readonly [name: string, value: string]>

const escape = (text: string) => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")

const number = (value: number | bigint) => (value === Infinity ? "+Inf" : value === -Infinity ? "-Inf" : String(value))

const line = (name: string, labels: Labels, value: number | bigint) => {
  const pairs = labels.map(([label, said]) => `${label}="${escape(said).replaceAll('"', '\\"')}"`)
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${number(value)}`
}

const labelsOf = ({ tags }: MetricKey.MetricKey.Untyped): Labels => tags.map(({ key, value }) => [key, value])

const histogram = (name: string, labels: Labels, { buckets, count, sum }: MetricState.MetricState.Histogram) => [
  ...buckets.map(([bound, below]) => line(`${name}_bucket`, [...labels, ["le", number(bound)]], below)),
  line(`${name}_sum`, labels, sum),
  line(`${name}_count`, labels, count)
]

const samples = ({ metricKey, metricState }: MetricPair.MetricPair.Untyped): ReadonlyArray<string> => {
  const labels = labelsOf(metricKey)
  const name = nameOf(metricKey)
  if (MetricState.isHistogramState(metricState)) return histogram(name, labels, metricState)
  if (MetricState.isCounterState(metricState)) return [line(name, labels, metricState.count)]
  if (MetricState.isGaugeState(metricState)) return [line(name, labels, metricState.value)]
  return []
}

// The library's own counters are not named as the format asks.
const nameOf = ({ keyType, name }: MetricKey.MetricKey.Untyped) =>
  isTotal(keyType) && !name.endsWith("_total") ? `${name}_total` : name

const isTotal = (type: unknown) => MetricKeyType.isCounterKey(type) && type.incremental

const typeOf = ({ keyType }: MetricKey.MetricKey.Untyped) =>
  MetricKeyType.isHistogramKey(keyType) ? "histogram" : isTotal(keyType) ? "counter" : "gauge"

const family = ([first, ...rest]: Array.NonEmptyReadonlyArray<MetricPair.MetricPair.Untyped>) => {
  const name = nameOf(first.metricKey)
  const about = Option.getOrElse(first.metricKey.description, () => "The Effect runtime's own")
  return [
    `# HELP ${name} ${escape(about)}`,
    `# TYPE ${name} ${typeOf(first.metricKey)}`,
    ...[first, ...rest].flatMap(samples)
  ]
}

/** The library's snapshot in the text format, each family together. */
export const format = (snapshot: ReadonlyArray<MetricPair.MetricPair.Untyped>) => {
  const families = Array.groupBy(snapshot, ({ metricKey }) => metricKey.name)
  return Object.values(families)
    .flatMap(family)
    .map((said) => `${said}\n`)
    .join("")
}
