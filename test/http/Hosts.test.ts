import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import * as Line from "../support/Line.ts"

const ask = Effect.fnUntraced(function* (host: string | null, version = "1.1") {
  const { base } = yield* Client.as(null)
  const line = host === null ? "" : `Host: ${host}\r\n`
  const answer = yield* Line.ask(base, `GET /health HTTP/${version}\r\n${line}Connection: close\r\n\r\n`)
  return { status: Line.statusOf(answer), answer }
})

const statuses = (hosts: ReadonlyArray<string>) =>
  Effect.forEach(hosts, (host) => Effect.map(ask(host), ({ status }) => status))

const home = ["127.0.0.1", "127.0.0.1:8000", "[::1]:8000", "localhost", "LOCALHOST:1", "localhost.", "10.1.2.3:80"]
const strange = [
  "evil.example",
  "evil.example:8000",
  "127.0.0.1.evil.example",
  "localhost.evil.example",
  "1.2.3",
  "[x]"
]

layer(House.shared({ settings: { ALLOWED_HOSTS: "parley.lan, other", FRONTEND_URL: "https://page.example/x" } }), {
  excludeTestServices: true
})("Hosts on loopback", (it) => {
  it.effect("addresses, localhost and the names of the settings are answered", () =>
    Effect.gen(function* () {
      const answers = yield* statuses([...home, "parley.lan", "Parley.LAN:443", "other.", "page.example"])

      deepStrictEqual(
        answers,
        answers.map(() => 200)
      )
    })
  )

  it.effect("a name that leads here from elsewhere is refused, and the setting that may allow it is named", () =>
    Effect.gen(function* () {
      const answers = yield* statuses(strange)
      const { answer } = yield* ask("evil.example")

      deepStrictEqual(
        answers,
        answers.map(() => 421)
      )
      const body = Line.bodyOf(answer)
      deepStrictEqual(
        [body._tag, body.detail],
        ["HostNotAllowed", "This server does not answer to 'evil.example'; ALLOWED_HOSTS can name it"]
      )
    })
  )

  it.effect("a request without a host is refused, also of the older protocol, which allows it", () =>
    Effect.gen(function* () {
      assertEquals((yield* ask(null)).status, 400)
      assertEquals((yield* ask(null, "1.0")).status, 400)
      assertEquals((yield* ask("")).status, 400)
    })
  )
})

layer(House.shared({ settings: { HOST: "0.0.0.0" } }), { excludeTestServices: true })("Hosts when exposed", (it) => {
  it.effect("any name is answered until the settings name some", () =>
    Effect.gen(function* () {
      deepStrictEqual(yield* statuses(["parley.example", "192.168.0.9"]), [200, 200])
    })
  )
})

layer(House.shared({ settings: { HOST: "0.0.0.0", ALLOWED_HOSTS: "parley.example" } }), { excludeTestServices: true })(
  "Hosts when exposed by name",
  (it) => {
    it.effect("only those names and addresses are answered", () =>
      Effect.gen(function* () {
        deepStrictEqual(yield* statuses(["parley.example", "192.168.0.9", "evil.example"]), [200, 200, 421])
      })
    )
  }
)
