import { layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Clock, Effect, Layer, Schema } from "effect"
import { at } from "../support/at.ts"
import * as Client from "../support/Client.ts"
import { emptyDocument } from "../support/documents.ts"
import * as House from "../support/House.ts"

// A clock that the tests set: its minutes are theirs. Whoever sleeps, sleeps really.
const live = Clock.make()
const minute = 60_000
let now = Math.floor(live.unsafeCurrentTimeMillis() / minute) * minute + minute / 2
const clock: Clock.Clock = {
  [Clock.ClockTypeId]: Clock.ClockTypeId,
  unsafeCurrentTimeNanos: () => live.unsafeCurrentTimeNanos(),
  currentTimeNanos: live.currentTimeNanos,
  unsafeCurrentTimeMillis: () => now,
  currentTimeMillis: Effect.sync(() => now),
  sleep: (duration) => live.sleep(duration)
}
const nextMinute = Effect.sync(() => void (now += minute))

const house = (settings: Readonly<Record<string, string>>) =>
  House.shared({ settings: { RATE_LIMITS: "true", LOGIN_PER_MINUTE: "3", ...settings } }).pipe(
    Layer.provide(Layer.setClock(clock))
  )

type Speaker = Pick<Effect.Effect.Success<ReturnType<typeof Client.as>>, "token">

/** The same client behind a proxy that names its address. */
const from = ({ token }: Speaker, address: string) => Client.as(token, { "x-forwarded-for": address })

let rooms = 0

const setup = Effect.gen(function* () {
  yield* nextMinute
  const guest = yield* Client.guest
  const nobody = yield* Client.as(null)
  const room = Effect.suspend(() =>
    guest.ask(({ rooms: all }) => all.create({ payload: { name: `room ${++rooms}` } }))
  ).pipe(Effect.map(({ id }) => ({ room_id: id })))
  const polls = (client: Speaker, count: number, path: { readonly room_id: number }, address = "1.1.1.1") =>
    Effect.flatMap(from(client, address), ({ ask }) =>
      Effect.replicateEffect(Client.statusOf(ask(({ messages }) => messages.poll({ path }))), count)
    )
  const login = (address: string, password: string) =>
    Effect.flatMap(from(nobody, address), ({ ask }) =>
      Client.statusOf(ask(({ auth }) => auth.login({ payload: { password } })))
    )
  return { guest, nobody, path: yield* room, other: yield* room, polls, login }
})

const Operation = Schema.Struct({ responses: Schema.Object })
const Paths = Schema.Record({
  key: Schema.String,
  value: Schema.Record({ key: Schema.String, value: Operation })
})

const settings = {
  TRUSTED_PROXY_COUNT: "1",
  RATE_LIMIT_ADDRESS_FACTOR: "2",
  LOGIN_FAILURES_PER_MINUTE: "6",
  POLL_PER_MINUTE: "4",
  CHATTING_PER_MINUTE: "3",
  SEND_PER_MINUTE: "2",
  IMPORTS_PER_MINUTE: "1"
}

layer(house(settings), { excludeTestServices: true })("Limits", (it) => {
  it.effect("who asks too often is told in the original's words, and when to come back", () =>
    Effect.gen(function* () {
      const { guest, path, polls } = yield* setup

      const before = yield* polls(guest, 4, path)
      // In plain HTTP, for the headers.
      const { json } = yield* from(guest, "1.1.1.1")
      const since = `/rooms/${path.room_id}/messages/poll?since_id=3`
      const { data, headers, status, tag } = yield* json("GET", since, undefined, { origin: "http://localhost:5173" })

      const words = "Rate limit exceeded: 4 per 1 minute"
      const told = ["error", "detail", "retry_after", "trace_id"].map((name) => at(data, name))
      deepStrictEqual(before, [200, 200, 200, 200])
      deepStrictEqual([status, tag], [429, "TooManyRequests"])
      deepStrictEqual(told, [words, words, 30, headers["traceparent"]?.split("-")[1]])
      assertEquals(headers["retry-after"], "30")
      assertEquals(headers["access-control-allow-origin"], "http://localhost:5173")
    })
  )

  it.effect("an address imports few rooms, whoever asks", () =>
    Effect.gen(function* () {
      const { guest } = yield* setup
      const other = yield* Client.guest
      const bring = (client: Speaker) =>
        Effect.flatMap(from(client, "5.5.5.5"), ({ ask }) =>
          Client.statusOf(ask(({ documents }) => documents.import({ payload: emptyDocument })))
        )

      deepStrictEqual([yield* bring(guest), yield* bring(other), yield* bring(guest)], [200, 429, 429])
    })
  )

  it.effect("each path has its own count, and the next minute a new one", () =>
    Effect.gen(function* () {
      const { guest, other, path, polls } = yield* setup

      const first = yield* polls(guest, 5, path)
      const second = yield* polls(guest, 3, other)
      yield* nextMinute
      const later = yield* polls(guest, 4, path)

      deepStrictEqual(first, [200, 200, 200, 200, 429])
      deepStrictEqual([...second, ...later], [200, 200, 200, 200, 200, 200, 200])
    })
  )

  it.effect("a path counts together with its other spellings", () =>
    Effect.gen(function* () {
      const { guest, path } = yield* setup
      // In plain HTTP: the client spells it in one way.
      const { json } = yield* from(guest, "1.1.1.1")
      const id = `${path.room_id}`
      const coded = [...id].map((digit) => `%3${digit}`).join("")
      const plain = [id, `0${id}`, coded, `00${id}`].map((room) => `/rooms/${room}/messages/poll`)
      const odd = ["/Rooms/", "//rooms//", "/%72ooms/"].map((start) => `${start}${id}/messages/poll`)

      const answers = yield* Effect.forEach([...plain, `${plain[0]}/`, ...odd], (it) => json("GET", it))

      deepStrictEqual(
        answers.map(({ status }) => status),
        [200, 200, 200, 200, 429, 429, 429, 429]
      )
    })
  )

  it.effect("all that share an address share a larger count, so that new guests do not widen it", () =>
    Effect.gen(function* () {
      const { guest, other, path, polls } = yield* setup
      const stranger = yield* Client.guest

      yield* polls(guest, 4, path)
      yield* polls(guest, 4, other)
      const { ask } = yield* from(stranger, "1.1.1.1")
      const same = yield* Effect.flip(ask(({ messages }) => messages.poll({ path })))
      const elsewhere = yield* polls(stranger, 1, path, "2.2.2.2")

      deepStrictEqual([same.status, same.body["error"]], [429, "Rate limit exceeded: 8 per 1 minute"])
      deepStrictEqual(elsewhere, [403])
    })
  )

  it.effect("another address does not widen what one identity may ask; without a token the address is counted", () =>
    Effect.gen(function* () {
      const { guest, nobody, path, polls } = yield* setup

      yield* polls(guest, 4, path)
      const elsewhere = yield* polls(guest, 1, path, "2.2.2.2")
      const unknown = yield* polls(nobody, 9, path, "3.3.3.3")

      deepStrictEqual(elsewhere, [429])
      deepStrictEqual(unknown, [401, 401, 401, 401, 401, 401, 401, 401, 429])
    })
  )

  it.effect("messages and looks at who speaks are bounded too, and what is refused is not stored", () =>
    Effect.gen(function* () {
      const { guest, path } = yield* setup
      const { ask } = guest
      const send = ask(({ messages }) => messages.send({ path, payload: { content: "x" } }))
      const look = ask(({ messages }) => messages.chatting({ path }))

      const sent = yield* Effect.replicateEffect(Client.statusOf(send), 3)
      const looked = yield* Effect.replicateEffect(Client.statusOf(look), 4)

      deepStrictEqual(sent, [200, 200, 429])
      deepStrictEqual(looked, [200, 200, 200, 429])
      assertEquals((yield* ask(({ messages }) => messages.list({ path }))).length, 2)
    })
  )

  it.effect("an address has few logins in a minute, right or wrong, by any of the doors", () =>
    Effect.gen(function* () {
      const { login, nobody } = yield* setup

      const tried = [yield* login("1.1.1.1", "wrong"), yield* login("1.1.1.1", "admin")]
      const { ask } = yield* from(nobody, "1.1.1.1")
      const link = yield* Effect.flip(ask(({ auth }) => auth.link({ payload: { token: "x" } })))
      const short = yield* Effect.flip(ask(({ auth }) => auth.loginShort({ payload: { password: "admin" } })))
      const elsewhere = yield* login("2.2.2.2", "admin")
      yield* nextMinute

      deepStrictEqual([...tried, link.status, short.status, elsewhere], [401, 200, 401, 429, 200])
      assertEquals(yield* login("1.1.1.1", "admin"), 200)
    })
  )

  it.effect("a hundred guesses from as many addresses come to nothing, and the owner still gets in at home", () =>
    Effect.gen(function* () {
      const { login } = yield* setup
      const home = yield* login("9.9.9.9", "admin")
      yield* nextMinute

      const guesses = yield* Effect.forEach(Array.from({ length: 100 }), (_, at) =>
        login(`4.4.4.${at}`, at === 50 ? "admin" : "wrong")
      )
      const owner = yield* login("9.9.9.9", "admin")
      yield* nextMinute

      assertEquals(guesses.filter((status) => status === 401).length, 6)
      assertEquals(guesses.filter((status) => status === 429).length, 94)
      deepStrictEqual([home, owner, yield* login("4.4.4.1", "admin")], [200, 200, 200])
    })
  )

  it.effect("the contract says of each bounded route that it may answer so, and of no other", () =>
    Effect.gen(function* () {
      const { nobody } = yield* setup
      const { data } = yield* nobody.json("GET", "/openapi.json")

      const paths = yield* Schema.decodeUnknown(Paths)(at(data, "paths"))
      const bounded = Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).flatMap(([method, { responses }]) => (429 in responses ? [`${method} ${path}`] : []))
      )
      deepStrictEqual(bounded.toSorted(), [
        "get /rooms/{room_id}/chatting-agents",
        "get /rooms/{room_id}/messages/poll",
        "get /rooms/{room_id}/stream",
        "get /stream",
        "post /auth/link",
        "post /auth/login",
        "post /login",
        "post /rooms/import",
        "post /rooms/{room_id}/messages/send"
      ])
    })
  )
})

layer(house({}), { excludeTestServices: true })("Limits without a proxy", (it) => {
  it.effect("an address that somebody claims is not believed", () =>
    Effect.gen(function* () {
      const { login } = yield* setup

      const tried = yield* Effect.forEach(["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"], (address) =>
        login(address, "wrong")
      )

      deepStrictEqual(tried, [401, 401, 401, 429])
    })
  )
})

layer(house({ RATE_LIMITS: "false", LOGIN_FAILURES_PER_MINUTE: "1" }), { excludeTestServices: true })(
  "Limits that are off",
  (it) => {
    it.effect("count nothing", () =>
      Effect.gen(function* () {
        const { login } = yield* setup

        const tried = yield* Effect.replicateEffect(login("1.1.1.1", "wrong"), 5)

        deepStrictEqual(tried, [401, 401, 401, 401, 401])
      })
    )
  }
)
