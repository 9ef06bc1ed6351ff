import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Exit } from "effect"
import { decodeText, enter, readText, resolveFile, writeAtomic } from "../../src/lib/files.ts"

const setup = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const home = yield* Effect.flatMap(fs.makeTempDirectoryScoped(), fs.realPath)
  yield* fs.makeDirectory(`${home}/root/..deep`, { recursive: true })
  yield* fs.writeFileString(`${home}/root/..deep/a.md`, "inside")
  yield* fs.writeFileString(`${home}/rooted.md`, "outside")
  return { fs, home, root: `${home}/root` }
})

describe("files", () => {
  it.scoped("are found through links that stay inside, and only those", () =>
    Effect.gen(function* () {
      const { fs, home, root } = yield* setup
      const { basename, dirname } = yield* Path.Path
      const top = yield* enter(root, root)
      yield* fs.symlink(`${root}/..deep/a.md`, `${root}/in.md`)
      yield* fs.symlink(`${home}/rooted.md`, `${root}/out.md`)
      yield* fs.symlink(home, `${root}/up`)
      const find = (path: string) => Effect.flatMap(enter(root, dirname(path)), (it) => resolveFile(it, basename(path)))
      const tried = [
        `${root}/in.md`,
        `${root}/..deep/a.md`,
        `${root}/out.md`,
        `${root}/up/rooted.md`,
        `${root}/../rooted.md`
      ]
      const found = yield* Effect.forEach(tried, (path) => Effect.exit(find(path)))

      deepStrictEqual(found.map(Exit.isSuccess), [true, true, false, false, false])
      assertEquals(yield* readText(top, "in.md", 6), "inside")
      assertEquals((yield* Effect.flip(readText(top, "in.md", 5)))._tag, "Unreadable")
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("are replaced whole, and a write that fails leaves nothing behind", () =>
    Effect.gen(function* () {
      const { fs, root } = yield* setup
      yield* writeAtomic(`${root}/new.md`, "new", 0o600)
      yield* writeAtomic(`${root}/new.md`, "newer", 0o600)
      const failed = yield* Effect.exit(writeAtomic(`${root}/..deep`, "over a folder", 0o600))

      assertEquals(yield* fs.readFileString(`${root}/new.md`), "newer")
      assertTrue(Exit.isFailure(failed))
      deepStrictEqual((yield* fs.readDirectory(root)).toSorted(), ["..deep", "new.md"])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it("are text in UTF-8 or CP949, with plain line ends and no byte order mark", () => {
    const utf8 = new TextEncoder().encode("\ufeff가\r\n나\r다")
    deepStrictEqual(
      [decodeText(utf8), decodeText(Uint8Array.of(0xb0, 0xa1)), decodeText(Uint8Array.of(0x8c, 0x63, 0xc6, 0x52))],
      ["가\n나\n다", "가", "똠힣"]
    )
    deepStrictEqual(
      [[0x41, 0], [0xff, 0xfe], [0xb0], [0x81, 0x20], [0xc6, 0x53]].map((bytes) => decodeText(Uint8Array.from(bytes))),
      [null, null, null, null, null]
    )
  })
})
