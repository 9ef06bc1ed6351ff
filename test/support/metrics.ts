import { Effect, Metric, MetricState } from "effect"

/** What the process has counted under a name so far, all labels together; of a histogram, how many values. */
export const counted = (name: string, labels: Readonly<Record<string, string>> = {}) =>
  Effect.map(Metric.snapshot, (pairs) =>
    pairs
      .filter(({ metricKey }) => metricKey.name === name)
      .filter(({ metricKey }) =>
        Object.entries(labels).every(([key, value]) =>
          metricKey.tags.some((tag) => tag.key === key && tag.value === value)
        )
      )
      .reduce((sum, { metricState }) => {
        const isCount = MetricState.isCounterState(metricState) || MetricState.isHistogramState(metricState)
        return sum + (isCount ? Number(metricState.count) : 0)
      }, 0)
  )
