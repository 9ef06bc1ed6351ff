import { Utils } from "effect"

/** Draws from a seed: the same seed gives the same draws. */
export const make = (seed: number) => {
  const random = new Utils.PCGRandom(seed)
  const below = (n: number) => random.integer(n)
  return {
    below,
    between: (least: number, most: number) => least + below(most - least + 1),
    chance: (probability: number) => random.number() < probability,
    of: <A>(...items: readonly [A, ...Array<A>]): A => items[below(items.length)] ?? items[0],
    /** One of the names, as often as its weight says. */
    weighted: <K extends string>(weights: Readonly<Record<K, number>>): K => {
      const entries = Object.entries<number>(weights)
      let left = random.number() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      for (const name in weights) {
        left -= weights[name]
        if (left < 0) return name
      }
      throw new Error("nothing to draw from")
    }
  }
}

export type Dice = ReturnType<typeof make>
