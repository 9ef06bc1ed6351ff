import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertFalse, assertInclude, assertMatch, assertTrue, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { client, login } from "../../support/Caller.ts"
import { attempt, home, layer, patience, serve, takenPort, withPassword } from "../../support/Process.ts"

const password = /The admin's password, shown this once: (\S+)/
const link = /Open Parley .*: http:\S+#login=(\S+)/

describe.concurrent("a first start", () => {
  it.scopedLive(
    "stays on loopback, makes its secrets and a room to talk in, and tells the password once",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* home
        const modeOf = (file: string) => Effect.map(fs.stat(`${folder}/${file}`), ({ mode }) => mode & 0o777)

        const first = yield* serve(folder, {})
        const [, secret = ""] = yield* first.sees(password)
        const [, token = ""] = yield* first.sees(link)
        const { call } = yield* login(first.base, secret)
        const stranger = yield* client(first.base)

        strictEqual(yield* modeOf("data"), 0o700)
        strictEqual(yield* modeOf("data/secrets.json"), 0o600)
        assertMatch(first.base, /^http:\/\/127\.0\.0\.1:/)
        const elsewhere = yield* client(first.base.replace("127.0.0.1", "127.0.0.2"))
        assertTrue((yield* Effect.exit(elsewhere.call("GET", "/health")))._tag === "Failure")

        strictEqual((yield* stranger.call("POST", "/auth/link", { token })).status, 200)
        strictEqual((yield* stranger.call("POST", "/auth/link", { token })).status, 401)

        const [room, ...others] = (yield* call("GET", "/rooms")).data
        deepStrictEqual([room.name, others], ["The first room", []])
        assertTrue((yield* call("GET", `/rooms/${room.id}/agents`)).data.length >= 2)

        yield* first.signal("SIGTERM")
        yield* first.ended
        const second = yield* serve(folder, {})
        yield* second.sees(link)
        assertFalse(password.test(second.text.stdout))
        strictEqual((yield* (yield* login(second.base, secret)).call("GET", "/rooms")).data.length, 1)
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "says in its log and on request that it has no model, but only a script",
    () =>
      Effect.gen(function* () {
        const server = yield* serve(yield* home)
        const { call } = yield* login(server.base)
        yield* server.sees(/"scripted is not a model[^"]*ANTHROPIC_API_KEY/)

        const { data } = yield* call("GET", "/providers")
        strictEqual(data.default, "scripted")
        deepStrictEqual(
          data.providers.map(({ is_model, name }: { is_model: boolean; name: string }) => [name, is_model]),
          [["scripted", false]]
        )
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "says where to open and how to sign in when the password is the operator's own, and at its end that it has ended",
    () =>
      Effect.gen(function* () {
        const server = yield* serve(yield* home)
        yield* server.sees(/Open Parley at http:\S+\/ and sign in with the password whose hash is API_KEY_HASH/)
        assertFalse(link.test(server.text.stdout) || password.test(server.text.stdout))
        yield* server.signal("SIGINT")
        yield* server.gone
        assertMatch(server.text.stdout, /"Parley has ended, and all is kept"[^\n]*\n$/)
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "needs no agents: their folder may be empty, or not there",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* home
        yield* fs.makeDirectory(`${folder}/empty`)
        for (const name of ["empty", "missing"]) {
          const server = yield* serve(folder, {
            ...withPassword,
            AGENTS_DIR: `${folder}/${name}`,
            DATA_DIR: `${folder}/of-${name}`
          })
          const { call } = yield* login(server.base)
          deepStrictEqual((yield* call("GET", "/rooms")).data, [])
        }
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "does not keep a password that it could not tell, and gives a new one for a lost one",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* home
        const { port } = yield* takenPort

        strictEqual((yield* attempt(folder, { PORT: String(port) })).code, 1)
        const first = yield* serve(folder, {})
        yield* first.sees(password)
        yield* first.sees(link)
        yield* first.signal("SIGTERM")
        yield* first.ended

        yield* fs.remove(`${folder}/data/secrets.json`)
        const second = yield* serve(folder, {})
        const [, secret = ""] = yield* second.sees(password)
        strictEqual((yield* (yield* login(second.base, secret)).call("GET", "/rooms")).data.length, 1)
      }).pipe(Effect.provide(layer)),
    patience
  )
})

describe("the settings", () => {
  it.scopedLive(
    "come from the environment before .env, and are told with their source but not the secrets",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* home
        yield* fs.writeFileString(`${folder}/.env`, `JWT_SECRET="hush hush"\nUSER_NAME=Ada\nLOG_LEVEL=debug\n`)

        const { code, stderr, stdout } = yield* attempt(folder, { LOG_LEVEL: "error" }, ["settings"])
        deepStrictEqual([code, stderr], [0, ""])
        assertFalse(stdout.includes("hush"))
        const told = stdout
          .trimEnd()
          .split("\n")
          .map((line) => line.split(/ {2,}/).slice(0, 3).join(" "))
        for (const line of ["LOG_LEVEL error environment", "USER_NAME Ada .env", "JWT_SECRET <redacted> .env"]) {
          assertInclude(told.join("\n"), line)
        }
        assertInclude(told.join("\n"), "SHUTDOWN_SECONDS 10 default")
        const withPath = yield* attempt(folder, { PATH: "/somewhere/bin" }, ["settings"])
        assertFalse(withPath.stdout.includes("/somewhere/bin"))
        assertFalse(yield* fs.exists(`${folder}/data`))
      }).pipe(Effect.provide(layer)),
    patience
  )
})
