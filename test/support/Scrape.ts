import { Effect } from "effect"
import type * as Client from "./Client.ts"
import { type Labels, parse } from "./prometheus.ts"

type Speaker = Pick<Effect.Effect.Success<typeof Client.make>, "send">

/** One look at the metrics of a house. */
export const scrape = (client: Speaker) =>
  Effect.scoped(Effect.flatMap(client.send("GET", "/metrics"), (response) => response.text)).pipe(
    Effect.map((text) => {
      const scraped = parse(text)
      /** All series of the name that have these labels, together. */
      const sum = (name: string, labels: Labels = {}) =>
        scraped.samples
          .filter((one) => one.name === name)
          .filter((one) => Object.entries(labels).every(([key, value]) => one.labels[key] === value))
          .reduce((total, { value }) => total + value, 0)
      return { ...scraped, sum }
    })
  )
