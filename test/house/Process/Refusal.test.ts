import { FileSystem } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { describe, it } from "@effect/vitest"
import { assertFalse, assertInclude, assertMatch, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect, type Scope } from "effect"
import { attempt, home, layer, patience, serve, takenPort, tamper, withPassword } from "../../support/Process.ts"

describe.concurrent("a start that cannot be", () => {
  const refuses = (
    why: string,
    prepare: (folder: string) => Effect.Effect<
      {
        readonly settings: Readonly<Record<string, string>>
        readonly words: RegExp
      },
      PlatformError,
      FileSystem.FileSystem | Scope.Scope
    >
  ) =>
    it.scopedLive(
      `says in one line ${why}`,
      () =>
        Effect.gen(function* () {
          const folder = yield* home
          const { settings, words } = yield* prepare(folder)
          const { code, stderr, stdout } = yield* attempt(folder, settings)

          assertMatch(stderr, words)
          deepStrictEqual([code, stdout, stderr.trimEnd().split("\n").length], [1, "", 1])
        }).pipe(Effect.provide(layer)),
      patience
    )

  refuses("that nobody outside may come in without a password", () =>
    Effect.succeed({ settings: { HOST: "0.0.0.0" }, words: /^parley: HOST=0\.0\.0\.0 .*API_KEY_HASH/ })
  )

  refuses("that its port is in use", () =>
    Effect.map(takenPort, ({ port }) => ({
      settings: { ...withPassword, PORT: String(port) },
      words: new RegExp(`^parley: .*address already in use 127\\.0\\.0\\.1:${port}; HOST and PORT`)
    }))
  )

  refuses("that its data folder cannot be used", (folder) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* fs.writeFileString(`${folder}/file`, "")
      return { settings: { DATA_DIR: `${folder}/file/data` }, words: /^parley: DATA_DIR=.*file\/data cannot be used: / }
    })
  )

  refuses("that its secrets are broken, and does not show them", (folder) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(`${folder}/data`)
      yield* tamper(folder, "CREATE TABLE plums (id INTEGER)")
      yield* fs.writeFileString(`${folder}/data/secrets.json`, `{"jwt_secret":"hush`)
      return { settings: {}, words: /^(?!.*hush)parley: .*secrets\.json holds no secrets: restore it, or delete it/ }
    })
  )

  refuses("that its database is of a newer version", (folder) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(`${folder}/data`)
      yield* tamper(
        folder,
        `CREATE TABLE effect_sql_migrations (migration_id INTEGER, created_at TEXT, name TEXT);
         INSERT INTO effect_sql_migrations VALUES (99, '', 'later')`
      )
      return { settings: {}, words: /^parley: the database has schema 99, this Parley knows \d+: start the newer/ }
    })
  )

  it.scopedLive(
    "says that another server has the data folder, until that one is gone, even killed",
    () =>
      Effect.gen(function* () {
        const folder = yield* home
        const first = yield* serve(folder)

        const { code, stderr } = yield* attempt(folder, withPassword)
        yield* first.signal("SIGKILL")
        yield* first.ended

        assertMatch(stderr, /^parley: DATA_DIR=.*data is in use by another Parley: end that one first$/m)
        strictEqual(code, 1)
        yield* serve(folder)
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "lists every bad setting in one error, and no secret",
    () =>
      Effect.gen(function* () {
        const { code, stderr, stdout } = yield* attempt(yield* home, {
          PORT: "http",
          LOG_LEVEL: "loud",
          ENABLE_GUEST_LOGIN: "perhaps",
          API_KEY_HASH: "hush",
          JWT_SECRET: "hush",
          OTEL_EXPORTER_OTLP_ENDPOINT: "ftp://me:hush@collector"
        })

        deepStrictEqual([code, stdout], [1, ""])
        deepStrictEqual(
          stderr
            .trimEnd()
            .split("\n")
            .map((line) => line.trim().split(" ", 1)[0]),
          ["parley:", "PORT:", "API_KEY_HASH:", "ENABLE_GUEST_LOGIN:", "LOG_LEVEL:", "OTEL_EXPORTER_OTLP_ENDPOINT:"]
        )
        assertInclude(stderr, `PORT: expected a whole number from 0 to 65535, found "http"`)
        assertFalse(stderr.includes("hush"))
      }).pipe(Effect.provide(layer)),
    patience
  )
})
