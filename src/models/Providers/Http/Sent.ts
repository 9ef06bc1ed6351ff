import type { TurnInput } from "../../../domain/Provider.ts"
import { charactersOfImage } from "../../../domain/Usage.ts"
import type { Call } from "./Transport.ts"

const base64 = (bytes: Uint8Array) => Math.ceil(bytes.length / 3) * 4

/** How much text a request holds, each image as the text that would cost as much. */
export const charactersOf = ({ body = "" }: Call, images: TurnInput["images"]) =>
  Math.max(0, body.length + images.reduce((sum, { bytes }) => sum + charactersOfImage - base64(bytes), 0))
