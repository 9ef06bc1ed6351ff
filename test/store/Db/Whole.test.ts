import { SqlClient } from "@effect/sql"
import { layer } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Deferred, Effect, Layer, Stream } from "effect"
import type { Client as Parley, Refused } from "../../../src/client/client.ts"
import * as Changes from "../../support/Changes.ts"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"
import { pixel } from "../../support/images.ts"
import * as Puppet from "../../support/Puppet.ts"
import * as Watch from "../../support/Watch.ts"

const changes = Changes.make()
interface Gate {
  readonly began: Deferred.Deferred<void>
  readonly go: Deferred.Deferred<void>
}
/** By room: its agents have begun, and may speak. */
const gates = new Map<number, Gate>()
const puppet = Puppet.make({
  act: ({ spec }) => {
    const gate = gates.get(spec.seat.roomId)
    if (gate === undefined) return Stream.never
    const told = Effect.zipRight(Deferred.succeed(gate.began, undefined), Deferred.await(gate.go))
    return Stream.concat(Stream.drain(Stream.fromEffect(told)), Stream.concat(Puppet.say("Tick."), Puppet.done("one")))
  }
})
const house = House.shared({
  agents: { Ada: "Ada builds clocks.", Bo: "Bo keeps bees.", Cy: "Cy judges.\n---\ncritic: true" },
  providers: [puppet.provider]
}).pipe(Layer.provide(changes.layer))

/** More than any change has parts. */
const most = 40
let rooms = 0

const setup = Effect.gen(function* () {
  const client = yield* Client.make
  const sql = yield* SqlClient.SqlClient
  const { ask } = client
  const agents = yield* ask((parley) => parley.agents.list())
  const idOf = (name: string) => agents.find((agent) => agent.name === name)?.id ?? 0
  /** A room in which somebody has begun a turn, and says nothing yet. */
  const begin = Effect.fnUntraced(function* (seated: ReadonlyArray<string>, settings: object = {}) {
    const payload = { name: `room ${++rooms}`, ...settings }
    const { id } = yield* ask((parley) => parley.rooms.create({ payload }))
    const path = { room_id: id }
    yield* Effect.forEach(seated, (name) =>
      ask((parley) => parley.rooms.join({ path: { ...path, agent_id: idOf(name) } }))
    )
    const gate: Gate = { began: yield* Deferred.make<void>(), go: yield* Deferred.make<void>() }
    gates.set(id, gate)
    yield* ask(({ messages }) => messages.send({ path, payload: { content: "Hello" } }))
    yield* Deferred.await(gate.began)
    return { id, path, speak: Deferred.succeed(gate.go, undefined) }
  })
  return { ...client, sql, idOf, begin }
})

layer(house, { excludeTestServices: true })("A change that has many parts", (it) => {
  it.scoped(
    "leaves nothing of itself wherever it is refused",
    () =>
      Effect.gen(function* () {
        const { ask, begin, idOf } = yield* setup
        // Its turn goes on for ever, so that nothing but what is asked for changes the room.
        const { path } = yield* begin(["Ada"], { double_text: "enqueue" })
        const quiet = yield* begin(["Ada", "Cy"])
        const watch = yield* Watch.room(quiet.id)
        yield* Effect.zipRight(quiet.speak, watch.ended)
        const payload = { content: "And?", image_data: pixel }
        const seat = { ...path, agent_id: idOf("Bo") }
        const change = (payload: Parameters<Parley["rooms"]["update"]>[0]["payload"]) =>
          ask((parley) => parley.rooms.update({ path, payload }))
        const asked: Readonly<Record<string, Effect.Effect<unknown, Refused>>> = {
          "a person's message": ask(({ messages }) => messages.send({ path, payload })),
          "an agent that joins": ask((parley) => parley.rooms.join({ path: seat })),
          "an agent that leaves": ask((parley) => parley.rooms.leave({ path: seat })),
          "a room for two": ask((parley) => parley.agents.directRoom({ path: { agent_id: idOf("Ada") } })),
          "another name": change({ name: "another" }),
          "another setting": change({ max_interactions: 7, turn_policy: "round_robin" }),
          "a pause": ask((parley) => parley.rooms.pause({ path: quiet.path })),
          "a room that is cleared": ask(({ messages }) => messages.clear({ path: quiet.path }))
        }

        for (const [what, call] of Object.entries(asked)) {
          let status = 0
          for (let allowed = 0; status !== 200; allowed++) {
            const before = yield* Changes.dump()
            status = yield* changes.allowing(allowed, () => Client.statusOf(call))
            if (status !== 200) deepStrictEqual([what, allowed, yield* Changes.dump()], [what, allowed, before])
            assertTrue(status === 200 ? allowed > 1 : allowed < most, `${what}, after ${allowed} changes: ${status}`)
          }
        }
      }),
    60_000
  )

  it.scoped(
    "is there whole or not at all while a round is played, which goes on where it was refused",
    () =>
      Effect.gen(function* () {
        const { ask, begin, sql } = yield* setup
        const count = (text: string, id: number) =>
          Effect.map(sql.unsafe<{ readonly n: number }>(`SELECT count(*) AS n FROM ${text}`, [id]), ([row]) => row?.n)
        const parts = {
          reply: [
            "turns WHERE room_id = ? AND outcome IS NOT NULL AND reason <> 'critic'",
            "messages WHERE room_id = ? AND agent_name = 'Ada'",
            "events WHERE room_id = ? AND type = 'new_message' AND body LIKE '%Tick.%'",
            "events WHERE room_id = ? AND type = 'stream_end'",
            "sessions WHERE room_id = ?",
            "rooms WHERE id = ? AND interactions = 1 AND spent_usd > 0"
          ],
          critique: [
            "turns WHERE room_id = ? AND outcome IS NOT NULL AND reason = 'critic'",
            "critiques WHERE room_id = ?",
            "events WHERE room_id = ? AND type = 'new_critique'"
          ],
          end: [
            "rounds WHERE room_id = ? AND ended_at IS NOT NULL",
            "rooms WHERE id = ? AND last_round_at IS NOT NULL",
            "events WHERE room_id = ? AND type = 'round_ended'"
          ]
        }
        const whole = Object.keys(parts).map((name) => [name, 1])
        const seen: Array<string> = []
        const stateOf = (id: number) =>
          Effect.forEach(Object.entries(parts), ([name, texts]) =>
            Effect.map(
              Effect.forEach(texts, (text) => count(text, id)),
              (counts) => [name, ...new Set(counts)]
            )
          )

        for (let allowed = 0, isOver = false; !isOver && allowed < most; allowed++) {
          const { id, path, speak } = yield* begin(["Ada", "Cy"])
          const watch = yield* Watch.room(id)
          const state = yield* changes.allowing(allowed, (refused) =>
            speak.pipe(
              Effect.zipRight(Effect.raceFirst(refused, Effect.asVoid(watch.ended))),
              Effect.zipRight(stateOf(id))
            )
          )
          isOver = !(yield* changes.wasRefused)
          seen.push(state.join(" "))
          if (!isOver) yield* watch.ended
          deepStrictEqual([allowed, ...(yield* stateOf(id))], [allowed, ...whole])
          yield* ask((parley) => parley.rooms.remove({ path }))
        }

        deepStrictEqual(
          [...new Set(seen)],
          [
            "reply,0 critique,0 end,0",
            "reply,1 critique,0 end,0",
            "reply,1 critique,1 end,0",
            "reply,1 critique,1 end,1"
          ]
        )
        assertTrue(seen.length > 10)
      }),
    60_000
  )
})
