import { layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Context, Deferred, Effect, FastCheck, Fiber, Layer, Option } from "effect"
import { PageSize } from "../../../src/domain/Message.ts"
import type { RoomForbidden, RoomNotFound } from "../../../src/domain/Room.ts"
import { RoomId } from "../../../src/domain/RoomId.ts"
import { CurrentUser } from "../../../src/domain/User.ts"
import { Messages } from "../../../src/features/Messages.ts"
import type { Tagged } from "../../../src/lib/tagged.ts"
import { MessageRepo } from "../../../src/store/MessageRepo.ts"
import * as Client from "../../support/Client.ts"
import * as House from "../../support/House.ts"

layer(House.shared(), { excludeTestServices: true })("Pages of messages", (it) => {
  it.scoped(
    "a page that was asked for after a message was acknowledged shows it, however slow earlier readers are",
    () =>
      Effect.gen(function* () {
        const { ask } = yield* Client.make
        const { id } = yield* ask(({ rooms }) => rooms.create({ payload: { name: "read while it grows" } }))
        const room = RoomId.make(id)
        const repo = yield* MessageRepo
        const gates: Array<Deferred.Deferred<void>> = []
        let holding = true
        const hold = Effect.gen(function* () {
          if (!holding) return
          const gate = yield* Deferred.make<void>()
          gates.push(gate)
          yield* Deferred.await(gate)
        })
        const slow = {
          ...repo,
          page: (...page: Parameters<typeof repo.page>) => Effect.zipLeft(repo.page(...page), hold)
        }
        const built = yield* Layer.build(
          Layer.fresh(Messages.layer).pipe(Layer.provide(Layer.succeed(MessageRepo, slow)))
        )
        const messages = Context.get(built, Messages)
        const whole = { limit: PageSize.make(1000), after: Option.none(), before: Option.none() }
        const schedules = FastCheck.array(
          FastCheck.constantFrom("read" as const, "read" as const, "post" as const, "release" as const),
          {
            minLength: 4,
            maxLength: 14
          }
        )

        for (const schedule of FastCheck.sample(schedules, { numRuns: 40, seed: 11 })) {
          holding = true
          const acknowledged: Array<string> = []
          const readers: Array<{
            readonly due: ReadonlyArray<string>
            readonly page: Fiber.Fiber<Tagged, RoomNotFound | RoomForbidden>
          }> = []
          for (const [at, moment] of schedule.entries()) {
            if (moment === "post") {
              const message = yield* messages.send(room, { content: `m${at}` }, Option.none())
              acknowledged.push(`"id":${message.id},`)
            } else if (moment === "release") {
              const gate = gates.shift()
              if (gate !== undefined) yield* Deferred.succeed(gate, undefined)
            } else readers.push({ due: [...acknowledged], page: yield* Effect.fork(messages.page(room, whole)) })
            yield* Effect.repeatN(Effect.yieldNow(), 20)
          }
          holding = false
          yield* Effect.forEach(gates.splice(0), (gate) => Deferred.succeed(gate, undefined))

          for (const { due, page } of readers) {
            const seen = new TextDecoder().decode((yield* Fiber.join(page)).bytes)
            deepStrictEqual(
              due.filter((message) => !seen.includes(message)),
              []
            )
          }
        }
      }).pipe(Effect.provideService(CurrentUser, { role: "admin", user_id: "admin" }))
  )
})
