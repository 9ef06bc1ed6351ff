import { HttpServer } from "@effect/platform"
import { Array, Console, Effect, Layer, Option, Redacted } from "effect"
import { AgentRepo } from "../store/AgentRepo.ts"
import { Auth } from "./Auth.ts"
import { Secrets } from "../process/Secrets.ts"
import type { Agent } from "../domain/Agent.ts"
import * as Time from "../domain/Time.ts"
import { admin } from "../domain/User.ts"
import { Providers } from "../models/Providers.ts"
import { RoomEvents } from "../store/RoomEvents.ts"
import { RoomRepo } from "../store/RoomRepo.ts"
import { Settings } from "../process/Settings.ts"
import { WriteQueue } from "../store/WriteQueue.ts"

/** Agents that know each other: the first group that has two, else whoever there is. */
const company = (agents: ReadonlyArray<Agent>) => {
  const groups = Object.values(Array.groupBy(agents, ({ group }) => group ?? ""))
  return (groups.find((group) => group.length > 1) ?? agents).slice(0, 3)
}

/** A new data folder gets one room to talk in. */
const firstRoom = Effect.gen(function* () {
  const { firstStart } = yield* Secrets
  const { DEFAULT_MODEL } = yield* Settings
  const { all } = yield* Providers
  const queue = yield* WriteQueue
  const rooms = yield* RoomRepo
  const agents = yield* AgentRepo
  const events = yield* RoomEvents
  if (!firstStart) return
  const guests = company(yield* agents.list({ limit: 1000 }))
  // The secrets may be new and the rooms not: somebody lost the password.
  if (guests.length === 0 || (yield* rooms.hasAny)) return
  const at = yield* Time.now
  const room = rooms.insert({
    owner_id: "admin",
    name: "The first room",
    max_interactions: null,
    default_provider: all[0].name,
    default_model: Option.getOrNull(DEFAULT_MODEL),
    created_at: at
  })
  yield* queue.write(
    Effect.flatMap(Effect.tap(room, events.open), ({ id }) =>
      Effect.forEach(guests, (agent) => rooms.join(id, agent.id, at), { discard: true })
    )
  )
})

const addressOf = (address: HttpServer.Address) =>
  address._tag === "TcpAddress" && address.hostname.includes(":")
    ? `http://[${address.hostname}]:${address.port}`
    : HttpServer.formatAddress(address)

const words = Effect.gen(function* () {
  const { all } = yield* Providers
  const { generated, newPassword } = yield* Secrets
  const auth = yield* Auth
  const { address } = yield* HttpServer.HttpServer
  const url = addressOf(address)
  yield* Effect.logInfo(`Parley listens on ${url}`)
  if (!all[0].isModel) {
    yield* Effect.logWarning(
      "scripted is not a model: agents speak lines of a script. Set ANTHROPIC_API_KEY to let them think for themselves"
    )
  }
  if (!generated) {
    return yield* Effect.logInfo(`Open Parley at ${url}/ and sign in with the password whose hash is API_KEY_HASH`)
  }
  const link = yield* auth.link(admin)
  const password = Option.match(newPassword, {
    onNone: () => [],
    onSome: (secret) => [`  The admin's password, shown this once: ${Redacted.value(secret)}`]
  })
  yield* Console.log(["", ...password, `  Open Parley (once, within 15 minutes): ${url}/#login=${link}`, ""].join("\n"))
})

const keep = Effect.flatMap(Secrets, ({ keep }) => keep)

// A signal does not come between: a password that was told is kept.
export const layer = Layer.effectDiscard(
  Effect.zipRight(firstRoom, Effect.uninterruptible(Effect.zipRight(words, keep)))
)
