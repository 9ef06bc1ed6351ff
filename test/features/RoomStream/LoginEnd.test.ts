import { describe, it, layer } from "@effect/vitest"
import { assertEquals, deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, Clock, Duration, Effect, Layer, TestClock } from "effect"
import { admin, type LoginEnd } from "../../../src/domain/User.ts"
import { OpenStreams } from "../../../src/features/OpenStreams.ts"
import { Settings } from "../../../src/process/Settings.ts"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"

const streams = OpenStreams.layer.pipe(Layer.provide(Settings.layerFrom({})), Layer.orDie)

/** What became of a stream whose token runs out at that time. */
const opened = Effect.fnUntraced(function* (until: number) {
  const { open } = yield* OpenStreams
  const ends: Array<LoginEnd> = []
  yield* open({ user: admin, token: `until ${until}`, until }, (why) => ends.push(why))
  return ends
})

/** Of the two clocks of a machine only the calendar's is ever set. */
const calendarOf =
  (time: { readonly shift: number }) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.clockWith((clock) =>
      Effect.withClock(effect, {
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        sleep: (duration) => clock.sleep(duration),
        currentTimeNanos: clock.currentTimeNanos,
        unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
        currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + time.shift),
        unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + time.shift
      })
    )

describe("A stream", () => {
  it.scoped("ends once, within two seconds after its token has run out, and not before", () =>
    Effect.gen(function* () {
      const [brief, long] = [yield* opened(60_000), yield* opened(120_000)]

      yield* TestClock.adjust("59 seconds")
      const early = brief.length
      yield* TestClock.adjust("3 seconds")
      const late = [...brief]
      yield* TestClock.adjust("30 seconds")

      deepStrictEqual([early, late, brief, long], [0, ["expired"], ["expired"], []])
    }).pipe(Effect.provide(streams))
  )

  it.scoped("ends in time also when the clock is set back, and at once when it is set on", () => {
    const time = { shift: 0 }
    return Effect.gen(function* () {
      const context = yield* calendarOf(time)(Layer.build(streams))
      const at = (until: number) => calendarOf(time)(Effect.provide(opened(until), context))
      const back = yield* at(60_000)
      time.shift = -3_600_000
      yield* TestClock.adjust("62 seconds")
      const inTime = [...back]

      time.shift = 0
      const on = yield* at(7_200_000)
      time.shift = 7_200_000
      yield* TestClock.adjust("2 seconds")

      deepStrictEqual([inTime, on], [["expired"], ["expired"]])
    })
  })

  it.scoped("that nobody follows any more costs no timer", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(opened(Duration.toMillis("7 days")))
      yield* TestClock.adjust("2 seconds")

      assertEquals(Chunk.size(yield* TestClock.sleeps()), 0)
    }).pipe(Effect.provide(streams))
  )
})

layer(House.shared(), { excludeTestServices: true })("A stream whose login ends", (it) => {
  it.scoped("says so to its reader, of one room and of all, and opens no more", () =>
    Effect.gen(function* () {
      const admin = yield* Client.make
      const room = yield* admin.ask(({ rooms }) => rooms.create({ payload: { name: "left" } }))
      const paths = [`/rooms/${room.id}/stream`, "/stream"]
      const open = yield* Effect.forEach(paths, (path) => admin.events(path))

      yield* admin.ask(({ auth }) => auth.logout())
      yield* Effect.forEach(open, ({ over }) => over)
      const again = yield* Effect.forEach(paths, (path) => admin.send("GET", path))

      for (const { seen } of open) deepStrictEqual(seen.at(-1)?.data, { type: "login_ended", reason: "revoked" })
      for (const { status } of again) assertEquals(status, 401)
    })
  )
})
