import { Command, FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInclude, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, Schema } from "effect"
import { createHash } from "node:crypto"
import { client } from "../support/Caller.ts"
import * as Nix from "../support/nix.ts"
import { home, layer, patience, repository } from "../support/Process.ts"

const Hashes = Schema.parseJson(
  Schema.Struct({ lock: Schema.String, modules: Schema.Record({ key: Schema.String, value: Schema.String }) })
)

const narHash = (path: string) =>
  Command.string(Command.make(process.execPath, `${repository}/.config/nix/nar.mjs`, path))

it.scopedLive("the hashes of the packages were made from this very lock", () =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const hashes = yield* Effect.flatMap(
      fs.readFileString(`${repository}/.config/nix/hashes.json`),
      Schema.decode(Hashes)
    )
    const lock = yield* fs.readFile(`${repository}/package-lock.json`)

    strictEqual(hashes.lock, createHash("sha256").update(lock).digest("hex"), "run node .config/nix/renew.mjs")
  }).pipe(Effect.provide(layer))
)

describe.skipIf(Nix.whyNoNix !== "")(`the flake${Nix.whyNoNix === "" ? "" : ` (${Nix.whyNoNix})`}`, () => {
  it.scopedLive("knows a folder by the hash that Nix gives it", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const { start } = yield* Nix.make
      const folder = yield* home
      yield* fs.makeDirectory(`${folder}/a/empty`, { recursive: true })
      yield* fs.writeFileString(`${folder}/a/B`, "eight by")
      yield* fs.writeFileString(`${folder}/a.sh`, "#!/bin/sh\n")
      yield* fs.chmod(`${folder}/a.sh`, 0o755)
      yield* fs.symlink("a/B", `${folder}/é`)

      const theirs = yield* start(["hash", "path", folder])
      yield* theirs.gone

      strictEqual(yield* narHash(folder), theirs.text.stdout)
    }).pipe(Effect.provide(layer))
  )

  it.scopedLive(
    "is checked, and runs a server that answers, and settles when it is told to end",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const { cwd, flake, start, stub } = yield* Nix.make

        const metadata = yield* start(["flake", "metadata", flake, "--no-update-lock-file"])
        deepStrictEqual([yield* metadata.ended, metadata.text.stderr], [{ code: 0, signal: null }, ""])

        const check = yield* start(["flake", "check", flake, ...stub])
        yield* check.gone
        deepStrictEqual([yield* check.ended, check.text.stdout], [{ code: 0, signal: null }, ""], check.text.stderr)

        const server = yield* start(["run", flake, ...stub], { PORT: "0" })
        const [, base = ""] = yield* server.sees(/Parley listens on (http:[^"]+)/)
        const { call } = yield* client(base)
        strictEqual((yield* call("GET", "/health")).status, 200)
        const { mode } = yield* fs.stat(`${cwd}/data/agents/group_Workbench/Tove/characteristics.md`)
        strictEqual(mode & 0o200, 0o200)
        yield* server.signal("SIGTERM")

        deepStrictEqual(yield* server.ended, { code: 0, signal: null })
        assertInclude((yield* fs.readDirectory(`${cwd}/data`)).join(), "parley.db")
      }).pipe(Effect.provide(layer)),
    2 * patience
  )
})
