import { HttpApiSchema } from "@effect/platform"
import { Context, Schema } from "effect"
import { ErrorBody } from "./Error.ts"
import type { User } from "./User.ts"

export const ImageType = Schema.Literal("image/png", "image/jpeg", "image/gif", "image/webp")
export type ImageType = typeof ImageType.Type

/** How many images one message may have. */
export const mostImages = 5

/**
 * An image of a message as it is read: whoever has the whole address may see it, as an `<img>` has no token to send.
 */
export const ImageLink = Schema.Struct({ url: Schema.String, media_type: ImageType })

/** An image inside a message, in base64, as clients of the original read the first one of a message. */
export const InlineImage = Schema.Struct({ data: Schema.String, media_type: ImageType })

/** An image as a client sends it: base64, or a data URL. What it says of the type is not believed. */
export const ImageUpload = Schema.Struct({ data: Schema.String, media_type: Schema.optional(Schema.Unknown) })

/** An image on its way into the database. */
export interface Image {
  readonly media_type: ImageType
  readonly bytes: Uint8Array
  readonly sha256: string
  /** Known only to those who may read the message. */
  readonly key: string
}

export const Fault = Schema.Literal("too_many", "too_large", "unreadable", "unknown_type")
export type Fault = typeof Fault.Type

/** One image that cannot be taken refuses the message: nothing of it is stored. */
export class ImageRefused extends Schema.TaggedError<ImageRefused>()(
  "ImageRefused",
  {
    ...ErrorBody,
    reason: Fault,
    /** Which one, from 1; null when it is their number. */
    image: Schema.NullOr(Schema.Int),
    allowed: Schema.Array(ImageType),
    max_bytes: Schema.Int,
    max_images: Schema.Int
  },
  HttpApiSchema.annotations({ status: 422 })
) {
  static readonly of = (reason: Fault, image: number | null, max_bytes: number) =>
    new ImageRefused({
      reason,
      image,
      allowed: ImageType.literals,
      max_bytes,
      max_images: mostImages,
      detail: details[reason](image ?? 1, max_bytes)
    })
}

const details: Readonly<Record<Fault, (image: number, max: number) => string>> = {
  too_many: () => `A message can have at most ${mostImages} images`,
  too_large: (image, max) => `Image ${image} is larger than ${max} bytes`,
  unreadable: (image) => `Image ${image} is not base64`,
  unknown_type: (image) => `Image ${image} is of none of the types ${ImageType.literals.join(", ")}`
}

/**
 * Who asks for an image: somebody with a token, or somebody with the key that stands in its address.
 * @effect-leakable-service
 */
export class Viewer extends Context.Tag("parley/domain/Image/Viewer")<
  Viewer,
  { readonly user: User } | { readonly key: string }
>() {}

export class ImageNotFound extends Schema.TaggedError<ImageNotFound>()(
  "ImageNotFound",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 404 })
) {
  static readonly of = () => new ImageNotFound({ detail: "Image not found" })
}
