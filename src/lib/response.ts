import { HttpServerResponse } from "@effect/platform"

/** Sends text that is JSON already. */
export const json = (text: string) => HttpServerResponse.text(text, { contentType: "application/json" })
