import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Either, FastCheck as fc } from "effect"
import { newestWithin } from "../../../src/lib/text.ts"
import { formatLine, parseLines, sanitise } from "../../../src/personas/Memory/Entry.ts"
import { parseRecollections } from "../../../src/personas/Parse.ts"

const Markdown = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "#",
        "## [x]",
        "- ",
        "\n",
        "\r\n",
        "> ",
        "1. ",
        "```",
        "---",
        "[2024-01-01]",
        "\u2028",
        "\u202e",
        "\u{e0041}"
      ),
      fc.string({ unit: "grapheme", maxLength: 12 })
    ),
    { maxLength: 12 }
  )
  .map((parts) => parts.join(""))

describe("memory entries", () => {
  it("are one plain line", () => {
    const clean = (entry: string) => Either.getOrThrow(sanitise(entry))
    strictEqual(clean("  Ada promised\n\nto come back.\t"), "Ada promised to come back.")
    strictEqual(clean("## [The key]\nfits no lock"), "[The key] fits no lock")
    strictEqual(clean("- 1. > # **  **Ada** left"), "**Ada** left")
    strictEqual(clean("-5 degrees, #quiet"), "-5 degrees, #quiet")
    strictEqual(clean("\u202eAda\u0000 left\u200b"), "Ada left")
  })

  it("without a word, or longer than 500 characters, are refused with the reason", () => {
    const reason = (entry: string) => Either.getOrThrow(Either.flip(sanitise(entry))).reason
    deepStrictEqual(["", " \n", "## ", "- - -", "\u200b"].map(reason), ["empty", "empty", "empty", "empty", "empty"])
    deepStrictEqual(["x".repeat(501), "가".repeat(501), "\n#".repeat(1e6)].map(reason), [
      "too_long",
      "too_long",
      "too_long"
    ])
    assertTrue(Either.isRight(sanitise("🙂".repeat(500))))
  })

  it.prop("whatever is written stays one entry and begins no section", [Markdown, Markdown], ([first, second]) => {
    const kept = [first, second].flatMap((entry) =>
      Either.match(sanitise(entry), { onLeft: () => [], onRight: (it) => [it] })
    )
    const file = `# Heading\n\n${kept.map((entry) => formatLine("2024-05-01", entry)).join("\n")}\n`

    deepStrictEqual(
      parseLines(file),
      kept.map((entry) => `[2024-05-01] ${entry}`)
    )
    for (const entry of kept) {
      deepStrictEqual(parseRecollections(entry), [])
      deepStrictEqual(sanitise(entry), Either.right(entry))
      assertTrue([...entry].length <= 500 && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(entry))
    }
  })

  it.prop(
    "the newest that fit are kept, in order",
    [fc.array(fc.string({ maxLength: 9 })), fc.nat(60)],
    ([lines, limit]) => {
      const kept = newestWithin(lines, limit)
      const size = (some: ReadonlyArray<string>) =>
        new TextEncoder().encode(some.map((line) => `${line}\n`).join("")).length

      deepStrictEqual(kept, lines.slice(lines.length - kept.length))
      assertTrue(size(kept) <= limit)
      assertTrue(kept.length === lines.length || size(lines.slice(lines.length - kept.length - 1)) > limit)
    }
  )
})
