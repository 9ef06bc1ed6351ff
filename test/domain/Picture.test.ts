import { describe, it } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Either, FastCheck } from "effect"
import { read } from "../../src/domain/Picture.ts"
import { bytesOf, images, pixel, png } from "../support/images.ts"

const outcome = (text: string, most = 1000) =>
  Either.match(read(text, most), { onLeft: (fault): string => fault, onRight: ({ media_type }) => media_type })

const base64 = (text: string) => Buffer.from(text, "latin1").toString("base64")

describe("read", () => {
  it("knows the four types by their bytes, and keeps the bytes", () => {
    for (const [type, data] of Object.entries(images)) {
      const found = Either.getOrThrow(read(data, 1000))

      assertEquals(found.media_type, type)
      deepStrictEqual(new Uint8Array(found.bytes), bytesOf(data))
    }
  })

  it("takes nothing else for an image, whatever it says it is", () => {
    const others = [
      "<svg xmlns='http://www.w3.org/2000/svg'/>",
      "<?xml version='1.0'?><svg/>",
      "<html>",
      "GIF88a",
      "RIFF....WAVE",
      "RIFF",
      "\x89PNG",
      "BM....",
      "II*\0",
      "%PDF-1.7",
      " \x89PNG\r\n\x1a\n"
    ]
    deepStrictEqual(
      others.map((text) => outcome(base64(text))),
      others.map(() => "unknown_type")
    )
    assertEquals(outcome(`data:image/png;base64,${base64("<svg/>")}`), "unknown_type")
  })

  it("takes data URLs, padding or none, and the alphabet of URLs", () => {
    const bare = pixel.replace(/=+$/, "")
    const others = [`data:image/svg+xml;charset=x;base64,${pixel}`, `DATA:;BASE64,${pixel}`, bare, ` ${pixel}\n`]
    const url = images["image/jpeg"].replaceAll("/", "_")

    deepStrictEqual(
      [...others, url].map((text) => outcome(text)),
      [...others.map(() => "image/png"), "image/jpeg"]
    )
  })

  it("what is not base64 from its first to its last letter is unreadable", () => {
    const broken = ["", "=", "data:image/png,abc", "data:image/png;base64", "data:;base64,", `${pixel}!`, `!${pixel}`]
    const inside = [`${pixel.slice(0, 40)}\u00e9${pixel.slice(41)}`, `${pixel.slice(0, 40)}=${pixel.slice(41)}`]

    deepStrictEqual(
      [...broken, ...inside].map((text) => outcome(text)),
      [...broken, ...inside].map(() => "unreadable")
    )
  })

  it("the bound counts the bytes of the image: the last one that fits is taken, one more is not", () => {
    for (const size of [999, 1000]) assertEquals(outcome(png(size).toString("base64")), "image/png")
    for (const size of [1001, 1002, 1003, 9999]) assertEquals(outcome(png(size).toString("base64")), "too_large")
    assertEquals(outcome("!".repeat(5000)), "too_large")
  })

  it.prop("no text breaks it", { text: FastCheck.string(), tail: FastCheck.string() }, ({ tail, text }) => {
    outcome(text)
    return ["image/png", "unreadable"].includes(outcome(`${pixel}${tail}`, 10_000))
  })
})
