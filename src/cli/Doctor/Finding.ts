import { Data } from "effect"

/** What was looked at, and what is to be done about it where something is. */
export type Finding = Data.TaggedEnum<{
  Fine: { readonly about: string; readonly words: string }
  /** Works, but not as it should. */
  Doubtful: { readonly about: string; readonly words: string }
  /** Does not work. */
  Broken: { readonly about: string; readonly words: string }
}>

export const { Broken, Doubtful, Fine, $is: is } = Data.taggedEnum<Finding>()
