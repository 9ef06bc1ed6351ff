import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { repository } from "../support/Process.ts"

const folders = ["src", "test", "examples", ".config", ".ci"]
const isChecked = (file: string) => /\.(ts|mjs|css)$/.test(file)

describe("a comment", () => {
  it.effect("is at most 120 columns wide, as the formatter keeps the code", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const files = yield* Effect.forEach(folders, (folder) =>
        Effect.map(fs.readDirectory(`${repository}/${folder}`, { recursive: true }), (names) =>
          names.map((name) => `${folder}/${name}`).filter(isChecked)
        )
      )
      const wide = yield* Effect.forEach(files.flat(), (file) =>
        Effect.map(fs.readFileString(`${repository}/${file}`), (text) =>
          text
            .split("\n")
            .flatMap((line, at) => (/^ *(\/\/|\/?\*)/.test(line) && line.length > 120 ? [`${file}:${at + 1}`] : []))
        )
      )

      assertTrue(files.flat().length > 500)
      deepStrictEqual(wide.flat(), [])
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
