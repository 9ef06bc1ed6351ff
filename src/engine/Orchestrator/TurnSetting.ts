import { Effect, type Option } from "effect"
import { AgentRepo, type Seated } from "../../store/AgentRepo.ts"
import { choiceIn } from "../../domain/ModelChoice.ts"
import type { Persona } from "../../domain/Persona.ts"
import type { Priority, Provider, SessionSpec } from "../../domain/Provider.ts"
import { InvalidRequest } from "../../domain/ProviderError.ts"
import type { RoomRow } from "../../domain/Room.ts"
import * as ModelTraits from "../../domain/ModelTraits.ts"
import type { RoomId } from "../../domain/RoomId.ts"
import type { Speaker } from "../../domain/Round.ts"
import { withoutSkip } from "../../personas/Tools.ts"
import { Personas } from "../../personas/Personas.ts"
import { Providers } from "../../models/Providers.ts"
import { RoomRepo } from "../../store/RoomRepo.ts"
import type { Occasion } from "./Context.ts"

/** Whose turn it is, and what with. */
export interface TurnSetting {
  readonly room: RoomRow
  readonly agent: Seated
  readonly roster: ReadonlyArray<Seated>
  /** With the tools that it has in this turn. */
  readonly persona: Persona
  readonly provider: Provider
  readonly model: string
  /** How the model speaks. */
  readonly options: SessionSpec["options"]
  readonly occasion: Occasion
  /** The agent is told nothing newer than this message. */
  readonly horizon: number
  readonly priority: Priority
}

export interface Summons extends Pick<TurnSetting, "horizon" | "occasion" | "priority"> {
  readonly roomId: RoomId
  readonly speaker: Speaker
}

export interface TurnSettings {
  /** None when the room is gone, or the agent has left it or cannot be used. */
  readonly find: (summons: Summons) => Effect.Effect<Option.Option<TurnSetting>>
}

export const make = Effect.gen(function* () {
  const rooms = yield* RoomRepo
  const agents = yield* AgentRepo
  const personas = yield* Personas
  const providers = yield* Providers

  const find = Effect.fnUntraced(function* ({ horizon, occasion, priority, roomId, speaker }: Summons) {
    const room = yield* rooms.find(roomId)
    const roster = yield* agents.members(roomId)
    const agent = yield* Effect.fromNullable(roster.find(({ id }) => id === speaker.agent_id))
    const own = yield* personas.get(agent.name)
    const persona = occasion === "awaited" ? withoutSkip(own) : own
    const options = choiceIn(room, persona.choice, agent.choice)
    const chosen = Effect.catchTag(providers.choose(options), "ProviderUnknown", ({ detail, provider }) =>
      Effect.succeed({ model: options.model, provider: absent(provider, detail) })
    )
    const { model, provider } = yield* chosen
    return {
      room,
      roster,
      agent,
      persona,
      provider,
      model: model ?? provider.defaultModel,
      options,
      occasion,
      horizon,
      priority
    } satisfies TurnSetting
  })

  return { find: (summons) => Effect.option(find(summons)) } satisfies TurnSettings
})

/** Stands in for a provider that was configured when the room was made: the turn fails and says why. */
const absent = (name: string, reason: string): Provider => ({
  name,
  isModel: false,
  takesImages: false,
  defaultModel: "",
  remembers: false,
  takes: "connection",
  models: Effect.succeed([]),
  traits: ModelTraits.make(),
  open: () => new InvalidRequest({ reason })
})
