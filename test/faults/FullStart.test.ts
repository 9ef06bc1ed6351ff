import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertMatch, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { spawnSync } from "node:child_process"
import { built, home, layer, repository, run, withPassword } from "../support/Process.ts"

/** Makes a disk of one megabyte at the first of the arguments, leaves so many bytes of it, and starts the server. */
const start = `mount -t tmpfs -o size=1m tmpfs "$1" && head -c "$((1048576 - $2))" /dev/zero > "$1/other" && exec "$3" "$4"`

const program = `${repository}/dist/main.js`

const canMount = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0

describe.concurrent("a start on a full disk", () => {
  for (const left of [0, 8192, 204_800, 409_600]) {
    it.scopedLive.skipIf(!canMount)(
      `says so in one line when ${left} bytes are left, needs a Linux that lets its users mount`,
      () =>
        Effect.gen(function* () {
          yield* built
          const fs = yield* FileSystem.FileSystem
          const folder = yield* home
          yield* fs.makeDirectory(`${folder}/disk`)
          const server = yield* run({
            command: "unshare",
            args: ["-rm", "sh", "-c", start, "start", `${folder}/disk`, String(left), process.execPath, program],
            cwd: folder,
            env: {
              ...withPassword,
              PORT: "0",
              DATA_DIR: `${folder}/disk/data`,
              AGENTS_DIR: `${repository}/agents`
            }
          })
          yield* server.gone
          const { code } = yield* server.ended

          assertMatch(server.text.stderr, /^parley: .*[Tt]he disk is full.*\n$/)
          deepStrictEqual(code, 1)
        }).pipe(Effect.provide(layer)),
      60_000
    )
  }
})
