import { HttpClient, HttpClientRequest } from "@effect/platform"
import { layer } from "@effect/vitest"
import { assertEquals, assertInclude, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Schema } from "effect"
import { at } from "../support/at.ts"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"

// In plain HTTP, for it is about headers.

const setup = Effect.gen(function* () {
  const { base, token } = yield* Client.make
  const guest = yield* Client.guest
  const nobody = yield* Client.as(null)
  const own = new URL(base)
  const verify = (headers: Record<string, string>) =>
    Effect.map(
      nobody.json("GET", "/auth/verify", undefined, headers),
      ({ data, status }) => at(data, "user_id") ?? status
    )
  const cookie = { cookie: `other=1; auth_token=${token}; more=2` }
  return { base, own, token, guest, nobody, verify, cookie }
})

const Way = Schema.Struct({ in: Schema.String, name: Schema.String, scheme: Schema.String })
const Schemes = Schema.Record({ key: Schema.String, value: Schema.partial(Way) })

layer(House.shared({ settings: { TRUSTED_PROXY_COUNT: "1" } }), { excludeTestServices: true })("Credentials", (it) => {
  it.effect("a token is taken from the header, as bearer, or from the cookie", () =>
    Effect.gen(function* () {
      const { cookie, token, verify } = yield* setup

      const seen = yield* Effect.forEach(
        [{ "x-api-key": token }, { authorization: `Bearer ${token}` }, { authorization: `bearer ${token}` }, cookie],
        verify
      )

      deepStrictEqual(seen, ["admin", "admin", "admin", "admin"])
    })
  )

  it.effect("the first that is there decides: nothing rescues a wrong one, and a right one needs no other", () =>
    Effect.gen(function* () {
      const { cookie, guest, token, verify } = yield* setup

      const seen = yield* Effect.forEach(
        [
          { "x-api-key": "wrong", ...cookie },
          { "x-api-key": "", ...cookie },
          { "x-api-key": "wrong", authorization: `Bearer ${token}` },
          { authorization: "Bearer wrong", ...cookie },
          { authorization: `Basic ${token}`, ...cookie },
          { authorization: token },
          { "x-api-key": guest.token, authorization: `Bearer ${token}`, ...cookie },
          { authorization: `Bearer ${guest.token}`, ...cookie },
          { cookie: "auth_token=" },
          { cookie: "auth_token" },
          { cookie: `AUTH_TOKEN=${token}` }
        ],
        verify
      )

      const { user_id } = guest.user
      deepStrictEqual(seen, [401, 401, 401, 401, 401, 401, user_id, user_id, 401, 401, 401])
    })
  )

  it.effect("the cookie counts on the house's own page, on listed ones and without a browser, and nowhere else", () =>
    Effect.gen(function* () {
      const { cookie, own, verify } = yield* setup
      const listed = "http://localhost:5173"
      const site = (name: string) => ({ "sec-fetch-site": name })

      const welcome = yield* Effect.forEach(
        [
          {},
          site("same-origin"),
          site("none"),
          { origin: own.origin },
          { origin: listed },
          { ...site("same-origin"), origin: own.origin },
          { ...site("cross-site"), origin: listed },
          { ...site("same-site"), origin: listed }
        ],
        (headers) => verify({ ...cookie, ...headers })
      )
      const strange = yield* Effect.forEach(
        [
          site("cross-site"),
          site("same-site"),
          site("unheard-of"),
          { origin: "http://evil.example" },
          { origin: "null" },
          { origin: `http://localhost:${own.port}` },
          { origin: `${own.origin}.evil.example` },
          { ...site("cross-site"), origin: own.origin },
          { ...site("same-site"), origin: `http://${own.hostname}:1` }
        ],
        (headers) => verify({ ...cookie, ...headers })
      )

      deepStrictEqual(
        welcome,
        welcome.map(() => "admin")
      )
      deepStrictEqual(
        strange,
        strange.map(() => 401)
      )
    })
  )

  it.effect("what shows a header needs no cookie's care", () =>
    Effect.gen(function* () {
      const { token, verify } = yield* setup

      assertEquals(yield* verify({ "x-api-key": token, origin: "http://evil.example" }), "admin")
    })
  )

  it.effect("a login sets the cookie out of reach of scripts and other sites, secure where the way here is", () =>
    Effect.gen(function* () {
      const { nobody } = yield* setup
      const login = (headers: Record<string, string>) =>
        nobody.json("POST", "/auth/login", { password: "admin" }, headers)

      const plain = yield* login({})
      const secure = yield* Effect.forEach(["https", "http, https"], (proto) => login({ "x-forwarded-proto": proto }))
      const forged = yield* login({ "x-forwarded-proto": "https, http" })

      const cookie = `auth_token=${at(plain.data, "api_key")}; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax`
      assertEquals(plain.headers["set-cookie"], cookie)
      for (const { headers } of secure) assertInclude(headers["set-cookie"], "; Secure;")
      assertEquals(forged.headers["set-cookie"]?.includes("Secure"), false)
    })
  )

  it.effect("a login without a password, or without a body, is told so in the original's words", () =>
    Effect.gen(function* () {
      const { base, nobody } = yield* setup
      const http = yield* HttpClient.HttpClient
      const raw = (body: string) =>
        HttpClientRequest.post(`${base}/auth/login`).pipe(
          HttpClientRequest.bodyText(body, "application/json"),
          http.execute,
          Effect.flatMap((response) => Effect.map(response.text, (text) => [response.status, JSON.parse(text).detail])),
          Effect.scoped
        )

      const answers = yield* Effect.forEach([{}, { password: "" }, { password: null }, { password: 7 }, []], (body) =>
        nobody.json("POST", "/auth/login", body)
      )
      const unreadable = yield* Effect.forEach([`{"password":`, "password=admin", "\u0000"], raw)

      for (const { data, status, tag } of answers) {
        deepStrictEqual([status, tag, at(data, "detail")], [400, "PasswordRequired", "Password is required"])
      }
      deepStrictEqual(
        unreadable,
        unreadable.map(() => [400, "Invalid request body"])
      )
    })
  )

  it.effect("the contract names each way to show a token, and the short paths of older clients work", () =>
    Effect.gen(function* () {
      const { nobody, token } = yield* setup
      const login = yield* nobody.ask(({ auth }) => auth.loginShort({ payload: { password: "admin" } }))
      const verified = yield* Effect.flatMap(Client.as(token), ({ ask }) => ask(({ auth }) => auth.verifyShort()))
      const { data } = yield* nobody.json("GET", "/openapi.json")
      const schemes = yield* Schema.decodeUnknown(Schemes)(at(data, "components", "securitySchemes"))

      deepStrictEqual([login.user_id, verified.user_id], ["admin", "admin"])
      deepStrictEqual(
        Object.values(schemes)
          .map(({ in: place, name, scheme }) => scheme ?? `${place} ${name}`)
          .toSorted(),
        ["bearer", "cookie auth_token", "header x-api-key", "query key", "query ticket"]
      )
      deepStrictEqual(at(data, "paths", "/rooms", "get", "security"), [{ header: [] }, { bearer: [] }, { cookie: [] }])
    })
  )
})
