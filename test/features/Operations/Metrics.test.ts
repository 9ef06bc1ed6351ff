import { describe, it } from "@effect/vitest"
import { assertEquals, assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import * as Client from "../../support/Client.ts"
import { inHouse, room } from "../../support/Duo.ts"
import { faults } from "../../support/prometheus.ts"
import * as Puppet from "../../support/Puppet.ts"
import { scrape } from "../../support/Scrape.ts"

const talker = () =>
  Puppet.make({
    act: (call) =>
      call.spec.agentName === "Ada" ? Stream.concat(Puppet.say("Tick."), Puppet.done("s")) : Puppet.skip(call)
  })

describe("metrics", () => {
  it.scopedLive("are what Prometheus reads: one place for a family, histograms that grow, totals that say so", () =>
    inHouse(
      talker(),
      Effect.gen(function* () {
        const { client, say, watch } = yield* room({ max_follow_ups: 0 })
        yield* say("Hello?")
        yield* watch.ended

        const found = yield* scrape(client)

        deepStrictEqual(faults(found), [])
        for (const [name, type] of found.typeOf) assertEquals(name.endsWith("_total"), type === "counter", name)
        for (const name of found.typeOf.keys()) assertTrue(found.helped.has(name), `${name} says what it is`)
        const { headers } = yield* Effect.scoped(client.send("GET", "/metrics"))
        assertEquals(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
      })
    )
  )

  it.scopedLive("agree with what was done", () =>
    inHouse(
      talker(),
      Effect.gen(function* () {
        const { ask, client, inRoom, path, say, turns, usage, watch } = yield* room({ max_follow_ups: 0 })
        const held = ask(({ debug }) => debug.stats())
        const first = yield* held
        const before = yield* scrape(client)
        const second = yield* held

        for (let n = 0; n < 3; n++) yield* Effect.zipRight(say(`Hello ${n}`), watch.ended)
        yield* Effect.replicateEffect(
          ask(({ messages }) => messages.poll({ path: inRoom, urlParams: { since_id: 0 } })),
          5
        )
        yield* Effect.flip(ask(({ rooms }) => rooms.get({ path: { room_id: 999999 } })))
        const reader = yield* client.events(`${path}/stream`)
        yield* reader.next

        const third = yield* held
        const after = yield* scrape(client)
        const last = yield* held
        const grew = (...args: Parameters<typeof after.sum>) => after.sum(...args) - before.sum(...args)
        const requests = (method: string, route: string, status: string) =>
          grew("parley_http_requests_total", { method, route, status })
        const outcomes = (yield* turns).map(([, outcome]) => outcome)

        assertEquals(requests("POST", "/rooms/{room_id}/messages/send", "2xx"), 3)
        assertEquals(requests("GET", "/rooms/{room_id}/messages/poll", "2xx"), 5)
        assertEquals(requests("GET", "/rooms/{room_id}", "4xx"), 1)
        assertEquals(grew("parley_http_request_duration_seconds_count"), grew("parley_http_requests_total"))
        deepStrictEqual(outcomes.toSorted(), ["replied", "replied", "replied", "skipped", "skipped", "skipped"])
        assertEquals(grew("parley_turns_total", { provider: "puppet", outcome: "replied" }), 3)
        assertEquals(grew("parley_turns_total", { provider: "puppet", outcome: "skipped" }), 3)
        assertEquals(grew("parley_turn_duration_seconds_count", { provider: "puppet" }), 6)
        assertEquals(grew("parley_turn_first_token_seconds_count"), 3)
        const told = yield* usage
        assertEquals(grew("parley_tokens_total", { kind: "input" }), told.input_tokens)
        assertEquals(grew("parley_tokens_total", { kind: "output" }), told.output_tokens)
        assertTrue(Math.abs(grew("parley_cost_usd_total") - (told.cost_usd ?? Number.NaN)) < 1e-9)
        assertEquals(grew("parley_pool_lease_wait_seconds_count", { kind: "process" }), 6)
        const commits = grew("parley_write_commit_duration_seconds_count")
        assertTrue(commits > 0 && commits === grew("parley_write_batch_size_count"))
        assertTrue(grew("parley_write_batch_size_sum") >= 9)
        assertEquals(after.sum("parley_streams_open"), 1)
        assertTrue(grew("parley_stream_frames_sent_total") >= 1)
        assertEquals(after.sum("parley_write_queue_capacity"), 4096)
        assertTrue(after.sum("parley_database_bytes", { file: "main" }) > 0)

        // What looks around by itself reads too.
        for (const kind of ["hits", "misses", "invalidations"] as const) {
          const grown = grew(`parley_cache_${kind}_total`)
          assertTrue(grown >= third[kind] - second[kind] && grown <= last[kind] - first[kind], kind)
        }
        assertTrue(third.hits > second.hits)
        const { cache } = yield* ask(({ admin }) => admin.status())
        for (const group of ["log", "room"]) {
          assertEquals(after.sum("parley_cache_entries", { group }), cache.entries[group])
        }
      })
    )
  )

  it.scopedLive("have no more series for odd paths, methods and rooms than for one of each", () =>
    inHouse(
      talker(),
      Effect.gen(function* () {
        const { client } = yield* room()
        const nobody = yield* Client.as(null)
        // In plain HTTP, for most of it is no route's.
        const oddities = (n: number) =>
          Effect.all(
            [
              client.json("GET", `/rooms/${1000 + n}`),
              client.json("GET", `/rooms/${1000 + n}/messages`),
              client.json("GET", `/nowhere/${n}/"\\{}`),
              nobody.json("POST", `/rooms/${n}/no-such-thing`),
              client.json("GET", `/agents/Nobody ${n}/profile-pic`),
              client.json("POST", "/rooms", { name: `room ${n}` }),
              Effect.scoped(client.send("OPTIONS", `/odd-${n}`))
            ],
            { concurrency: 7, discard: true }
          )
        yield* oddities(0)
        yield* scrape(client)
        const before = yield* scrape(client)

        for (let n = 1; n <= 12; n++) yield* oddities(n)

        const after = yield* scrape(client)
        deepStrictEqual(
          [...after.series].filter((one) => !before.series.has(one)),
          []
        )
      })
    )
  )

  it.scopedLive("are for the admin, and for whoever has the token that is made for it", () =>
    inHouse(
      talker(),
      Effect.gen(function* () {
        const bearer = (token: string) =>
          Effect.flatMap(Client.as(null), (nobody) =>
            Effect.scoped(
              Effect.map(
                nobody.send("GET", "/metrics", undefined, { authorization: `Bearer ${token}` }),
                ({ status }) => status
              )
            )
          )
        const admin = yield* Client.make
        const guest = yield* Client.guest
        const open = (client: Pick<typeof admin, "send">) =>
          Effect.scoped(Effect.map(client.send("GET", "/metrics"), (it) => it.status))

        deepStrictEqual(
          yield* Effect.all([
            open(admin),
            bearer(admin.token),
            bearer("scrape me"),
            bearer("scrape me not"),
            bearer(""),
            open(guest),
            open(yield* Client.as(null))
          ]),
          [200, 200, 200, 401, 401, 403, 401]
        )
        const elsewhere = yield* Client.as("scrape me")
        assertEquals((yield* Effect.flip(elsewhere.ask((parley) => parley.admin.status()))).status, 401)
      }),
      { METRICS_TOKEN: "scrape me" }
    )
  )
})
