import { Effect } from "effect"
import { choiceIn } from "../../domain/ModelChoice.ts"
import type { RoomRow } from "../../domain/Room.ts"
import { Gates } from "../../models/Gates.ts"
import { Providers } from "../../models/Providers.ts"
import { Personas } from "../../personas/Personas.ts"
import { AgentRepo, type Seated } from "../../store/AgentRepo.ts"

/** Whether one of the models that a room's agents speak with may be asked at this moment. */
export const make = Effect.gen(function* () {
  const agents = yield* AgentRepo
  const personas = yield* Personas
  const providers = yield* Providers
  const gates = yield* Gates

  const mayAsk = (room: RoomRow) => (member: Seated) =>
    personas.get(member.name).pipe(
      Effect.flatMap(({ choice }) => providers.choose(choiceIn(room, choice, member.choice))),
      Effect.flatMap(({ model, provider }) => gates.isOpen(provider.name, model ?? provider.defaultModel)),
      // The turn itself says what is the matter.
      Effect.orElseSucceed(() => true)
    )

  return (room: RoomRow) =>
    Effect.flatMap(agents.members(room.id), (members) =>
      members.length === 0 ? Effect.succeed(true) : Effect.exists(members, mayAsk(room))
    )
})
