import { Either } from "effect"
import type { Fault, ImageType } from "./Image.ts"

export interface Picture {
  readonly media_type: ImageType
  readonly bytes: Uint8Array
}

/** What the bytes themselves begin with, at an offset. */
const signatures: ReadonlyArray<readonly [ImageType, ReadonlyArray<readonly [number, string]>]> = [
  ["image/png", [[0, "\x89PNG\r\n\x1a\n"]]],
  ["image/jpeg", [[0, "\xff\xd8\xff"]]],
  ["image/gif", [[0, "GIF87a"]]],
  ["image/gif", [[0, "GIF89a"]]],
  [
    "image/webp",
    [
      [0, "RIFF"],
      [8, "WEBP"]
    ]
  ]
]

/** An image's type by its own bytes; undefined for everything that is not to be shown, which SVG is part of. */
export const typeOf = (bytes: Uint8Array): ImageType | undefined => {
  const head = String.fromCharCode(...bytes.subarray(0, 16))
  return signatures.find(([, parts]) => parts.every(([offset, text]) => head.startsWith(text, offset)))?.[0]
}

/** The base64 text of a data URL; any other text as it is. */
const withoutHead = (text: string) => {
  if (!/^data:/i.test(text.slice(0, 5))) return text
  const comma = text.slice(0, longestHead).indexOf(",")
  return /;base64$/i.test(text.slice(0, Math.max(comma, 0))) ? text.slice(comma + 1) : ""
}

const longestHead = 200

/** Nothing larger than the bound is decoded. */
export const read = (text: string, maxBytes: number): Either.Either<Picture, Fault> => {
  const base64 = withoutHead(text.trim())
  const size = Math.floor((base64.replace(/={1,2}$/, "").length * 3) / 4)
  if (size > maxBytes) return Either.left("too_large")
  const bytes = Buffer.from(base64, "base64")
  // The decoder drops what it does not know, or stops there.
  if (size === 0 || bytes.length !== size) return Either.left("unreadable")
  const media_type = typeOf(bytes)
  return media_type === undefined ? Either.left("unknown_type") : Either.right({ media_type, bytes })
}
