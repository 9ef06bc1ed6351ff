import { layer } from "@effect/vitest"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"

layer(House.shared({ agents: { Ada: "Ada builds clocks." } }), { excludeTestServices: true })("Agents", (it) => {
  it.effect(
    "guests see no prompts, nothing that these are made of, and no memories, in the list, alone, in a room or in its roster",
    () =>
      Effect.gen(function* () {
        const admin = yield* Client.make
        const { ask } = yield* Client.guest
        const [ada] = yield* ask(({ agents }) => agents.list())
        const made = yield* ask(({ rooms }) => rooms.create({ payload: { name: "curious" } }))
        const path = { room_id: made.id, agent_id: ada?.id ?? 0 }
        const payload = { characteristics: "Ada hides a spare key." }
        yield* admin.ask(({ agents }) => agents.update({ path, payload }))
        const joined = yield* ask(({ rooms }) => rooms.join({ path }))
        const [listed] = yield* ask(({ agents }) => agents.list())
        const alone = yield* ask(({ agents }) => agents.get({ path }))
        const room = yield* ask(({ rooms }) => rooms.get({ path }))
        const [seated] = yield* ask(({ rooms }) => rooms.roster({ path }))
        const whole = yield* admin.ask(({ rooms }) => rooms.get({ path }))

        for (const found of [joined.agents[0], listed, alone, room.agents[0], seated]) {
          deepStrictEqual(
            [found?.name, found?.system_prompt, found?.characteristics, found?.recent_events],
            ["Ada", "", null, null]
          )
        }
        const [seen] = whole.agents
        assertTrue(seen !== undefined && seen.system_prompt !== "" && seen.characteristics !== null)
      })
  )
})
