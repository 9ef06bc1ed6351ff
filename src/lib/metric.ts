import { type Array as Arrays, Metric, MetricBoundaries, MetricLabel } from "effect"

type Values<Labels extends ReadonlyArray<string>> = { readonly [Label in keyof Labels]: string }

/** Notes a value under the values of the labels: a plain call, so that the busiest paths can afford it. */
export type Meter<Labels extends ReadonlyArray<string>> = (value: number, ...labels: Values<Labels>) => void

const family = <Type, Out, const Labels extends ReadonlyArray<string>>(
  metric: Metric.Metric<Type, number, Out>,
  names: Labels
): Meter<Labels> => {
  // The library finds a series by the identity of its labels.
  const known = new Map<string, ReadonlyArray<MetricLabel.MetricLabel>>()
  return (value, ...values) => {
    const key = values.join("\n")
    const labels = known.get(key) ?? names.map((name, at) => MetricLabel.make(name, values[at] ?? ""))
    known.set(key, labels)
    metric.unsafeUpdate(value, labels)
  }
}

/** Only grows. */
export const counter = <const Labels extends ReadonlyArray<string> = []>(
  name: `${string}_total`,
  description: string,
  ...labels: Labels
) => family(Metric.counter(name, { description, incremental: true }), labels)

/** A counter that somebody else keeps: it is told the count, and a lower one is that of a new beginning. */
export const total = <const Labels extends ReadonlyArray<string> = []>(
  name: `${string}_total`,
  description: string,
  ...labels: Labels
): Meter<Labels> => {
  const grow = counter(name, description, ...labels)
  const last = new Map<string, number>()
  return (value, ...values) => {
    const key = values.join("\n")
    const before = last.get(key) ?? 0
    last.set(key, value)
    grow(value >= before ? value - before : value, ...values)
  }
}

export const gauge = <const Labels extends ReadonlyArray<string> = []>(
  name: string,
  description: string,
  ...labels: Labels
) => family(Metric.gauge(name, { description }), labels)

export const histogram = <const Labels extends ReadonlyArray<string> = []>(
  name: string,
  description: string,
  bounds: Arrays.NonEmptyReadonlyArray<number>,
  ...labels: Labels
) => family(Metric.histogram(name, MetricBoundaries.fromIterable(bounds), description), labels)
