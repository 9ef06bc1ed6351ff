import { Predicate } from "effect"

/** What stands at a place of an answer whose type nobody knows; undefined where there is nothing. */
export const at = (data: unknown, ...place: ReadonlyArray<string | number>) =>
  place.reduce<unknown>((found, key) => (Predicate.hasProperty(found, key) ? found[key] : undefined), data)
