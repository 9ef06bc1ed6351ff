import { Effect } from "effect"

const iterators: Array<object> = [new Map().values(), new Set().values()].map((_) => Object.getPrototypeOf(_))

/** How many calls of a Map's, a Set's or their iterators' methods an effect makes; `forEach` counts each member. */
export const operations = (effect: Effect.Effect<void>) =>
  Effect.suspend(() => {
    let count = 0
    const undo = [Map.prototype, Set.prototype, ...iterators].flatMap((prototype) =>
      Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, descriptor]) => {
        const original = descriptor.value
        if (typeof original !== "function" || name === "constructor") return []
        const value = function (this: unknown, ...input: ReadonlyArray<unknown>): unknown {
          count += name === "forEach" && (this instanceof Map || this instanceof Set) ? this.size : 1
          return Reflect.apply(original, this, input)
        }
        Object.defineProperty(prototype, name, { ...descriptor, value })
        return [() => Object.defineProperty(prototype, name, descriptor)]
      })
    )
    const restore = Effect.sync(() => undo.forEach((restore) => restore()))
    return Effect.map(Effect.ensuring(effect, restore), () => count)
  })
