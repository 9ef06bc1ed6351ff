import { Array, Option, Schema } from "effect"
import type { Row } from "./Original.ts"
import { text } from "./Value.ts"

/** A picture of a message: in base64, or in a file of the original that an address names. */
export type Shown = { readonly data: string } | { readonly url: string }

const maybe = Schema.optionalWith(Schema.NullOr(Schema.String), { default: () => null })
const Item = Schema.Struct({ data: maybe, url: maybe, prompt: maybe })
type Item = typeof Item.Type
const decode = Schema.decodeUnknownOption(Schema.parseJson(Schema.Union(Schema.Array(Item), Item)))

const absent = new Set(["null", "[]", "{}"])

const listed = (value: unknown): Option.Option<ReadonlyArray<Item>> => {
  const words = text(value)?.trim() ?? ""
  return words === "" || absent.has(words) ? Option.some([]) : Option.map(decode(words), (found) => [found].flat())
}

const alone = (value: unknown): Option.Option<ReadonlyArray<Item>> => {
  const words = text(value)?.trim() ?? ""
  return words === "null" || /^[[{]|^$/.test(words)
    ? listed(value)
    : Option.some([{ data: words, url: null, prompt: null }])
}

const shownOf = ({ data, url }: Item): ReadonlyArray<Shown> =>
  data !== null && data !== "" ? [{ data }] : url !== null && url !== "" ? [{ url }] : []

const isSame = (one: Shown, other: Shown) =>
  ("data" in one ? one.data : one.url) === ("data" in other ? other.data : other.url)

/** Every way in which the versions of the original store the pictures of a message, each picture once. */
export const picturesOf = ({ image_data, images }: Row) => {
  const columns = [listed(images), alone(image_data)]
  const items = columns.flatMap(Option.toArray).flat()
  const all = items.flatMap(shownOf)
  const shown = Array.dedupeWith(all, isSame)
  const losses = [
    ...columns.filter(Option.isNone).map(() => "lists of images that cannot be read"),
    ...items.filter((item) => shownOf(item).length === 0).map(() => "images without any content"),
    ...all.slice(shown.length).map(() => "images that a message has twice, kept once"),
    ...items.filter(({ prompt }) => text(prompt) !== null).map(() => "words by which an image was drawn")
  ]
  return { shown, losses }
}
