import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { SettingsValues } from "../../src/domain/Settings.ts"
import { invariants } from "../simulation/Invariants.ts"
import { repository } from "../support/Process.ts"

const read = (file: string) => Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFileString(`${repository}/${file}`))

const pages = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const inDocs = yield* fs.readDirectory(`${repository}/docs`, { recursive: true })
  return ["README.md", "CHANGELOG.md", ...inDocs.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)]
})

const withoutCode = (text: string) =>
  text.replace(/^```.*?^```/gms, "").replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()#]/g, ""))

/** The anchors that a page's headings get, as GitHub makes them. */
const anchorsOf = (text: string) =>
  Array.from(text.replace(/^```.*?^```/gms, "").matchAll(/^#+ (.+)$/gm), ([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-")
  )

const linksOf = (text: string) =>
  Array.from(withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g), ([, target = ""]) => target)

const brokenIn = Effect.fnUntraced(function* (page: string) {
  const fs = yield* FileSystem.FileSystem
  const paths = yield* Path.Path
  const relative = linksOf(yield* read(page)).filter((target) => !/^[a-z]+:/.test(target))
  const checked = yield* Effect.forEach(relative, (target) =>
    Effect.gen(function* () {
      const [file = "", anchor] = target.split("#")
      const path = file === "" ? page : paths.join(paths.dirname(page), file)
      if (!(yield* fs.exists(`${repository}/${path}`))) return [`${page}: ${target} names no file`]
      if (anchor === undefined || anchorsOf(yield* read(path)).includes(anchor)) return []
      return [`${page}: ${path} has no heading #${anchor}`]
    })
  )
  return { links: relative.length, broken: checked.flat() }
})

describe("the pages", () => {
  it.effect("name files and headings that are there", () =>
    Effect.gen(function* () {
      const found = yield* Effect.forEach(yield* pages, brokenIn)
      deepStrictEqual(
        found.flatMap(({ broken }) => broken),
        []
      )
      assertTrue(found.reduce((sum, { links }) => sum + links, 0) > 20)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("number and name the invariants as the simulation does", () =>
    Effect.gen(function* () {
      const headings = (yield* read("docs/invariants.md")).matchAll(/^## (\d+)\. (.+)$/gm)
      deepStrictEqual(
        Array.from(headings, ([, number = "", title = ""]) => [number, title]),
        Object.entries(invariants)
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("begin with a README of at most 6,000 bytes", () =>
    Effect.gen(function* () {
      assertTrue(new TextEncoder().encode(yield* read("README.md")).length <= 6000)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.effect("show in .env.example only settings that there are", () =>
    Effect.gen(function* () {
      const names = Array.from((yield* read(".env.example")).matchAll(/^#?([A-Z_]+)=/gm), ([, name = ""]) => name)
      assertTrue(names.length > 10)
      deepStrictEqual(
        names.filter((name) => !(name in SettingsValues.fields)),
        []
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
