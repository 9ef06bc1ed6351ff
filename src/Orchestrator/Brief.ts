import { Context, Effect, Layer, Option, Random } from "effect"
import { Attachments } from "../Attachments.ts"
import type { Seated } from "../Agents/Repo.ts"
import type { Persona } from "../domain/Persona.ts"
import type { Provider, SessionSpec, TurnInput } from "../domain/Provider.ts"
import { Seat } from "../domain/Provider.ts"
import type { RoomRow } from "../domain/Room.ts"
import * as Hash from "../lib/hash.ts"
import { Memory } from "../Memory.ts"
import { MessageRepo } from "../Messages/Repo.ts"
import { systemPrompt } from "../Prompt.ts"
import { Settings } from "../Settings.ts"
import { toolSpecs } from "../Tools.ts"
import { context } from "./Context.ts"
import { Ledger } from "./Ledger.ts"

/** Whose turn it is, and what with. */
export interface Stand {
  readonly room: RoomRow
  readonly agent: Seated
  readonly roster: ReadonlyArray<Seated>
  readonly persona: Persona
  readonly provider: Provider
  readonly model: string
}

/** All that the model is given for one turn. */
export interface Brief {
  readonly spec: SessionSpec
  readonly promptHash: string
  readonly text: string
  readonly images: TurnInput["images"]
  /** The newest message that the model is given. */
  readonly newest: number
}

export class Briefs extends Context.Tag("parley/Orchestrator/Brief/Briefs")<
  Briefs,
  {
    /**
     * What the agent has not seen yet, for the session it has or for a new one; none when there is nothing new. A session
     * of another provider, model or prompt counts as none.
     */
    readonly make: (stand: Stand) => Effect.Effect<Option.Option<Brief>>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const { CONTEXT_WINDOW, USER_NAME } = yield* Settings
  const messages = yield* MessageRepo
  const memory = yield* Memory
  const ledger = yield* Ledger
  const attachments = yield* Attachments

  const session = Effect.fnUntraced(function* ({ agent, model, provider, room }: Stand, promptHash: string) {
    const stored = yield* ledger.session(room.id, agent.id)
    return Option.filter(
      stored,
      (known) => known.provider === provider.name && known.model === model && known.prompt_hash === promptHash
    )
  })

  const unseen = Effect.fnUntraced(function* (room: RoomRow, after: number) {
    const newest = yield* messages.said(room.id, after, CONTEXT_WINDOW)
    const omitted = newest.length < CONTEXT_WINDOW ? 0 : (yield* messages.countSaid(room.id, after)) - newest.length
    return { newest, omitted }
  })

  return Briefs.of({
    make: Effect.fn("Briefs.make")(function* (stand) {
      const { agent, model, persona, provider, room, roster } = stand
      const prompt = {
        persona,
        roomMemories: [],
        roster: roster.map(({ name }) => name),
        personName: USER_NAME
      }
      const tools = toolSpecs(persona)
      // What the agent noted itself its session knows: it does not make the session another's.
      const promptHash = yield* Hash.sha256([
        systemPrompt(prompt),
        ...tools.flatMap((tool) => [tool.name, tool.description])
      ])
      const roomMemories = yield* memory.recent({ persona, roomId: room.id })
      const known = yield* session(stand, promptHash)
      const after = Option.match(known, { onNone: () => agent.joined_after, onSome: (it) => it.last_message_id })
      const { newest, omitted } = yield* unseen(room, after)
      // A session that goes on holds its own replies already.
      const news = Option.isSome(known) ? newest.filter((message) => message.agent_id !== agent.id) : newest
      if (news.every((message) => message.agent_id === agent.id)) return Option.none()
      const mark = `#${(yield* Random.nextIntBetween(0x1000000, 0xfffffff)).toString(36)}`
      const { images, names } = yield* attachments.show(news, { takesImages: provider.takesImages, mark })
      return Option.some({
        spec: {
          seat: new Seat({ roomId: room.id, agentId: agent.id }),
          agentName: agent.name,
          model,
          systemPrompt: systemPrompt({ ...prompt, roomMemories }),
          tools,
          resume: Option.match(known, { onNone: () => null, onSome: (it) => it.session_id })
        },
        promptHash,
        text: context({ agent, messages: news, omitted, mark, personName: USER_NAME, names }),
        images,
        newest: newest.at(-1)?.id ?? after
      })
    })
  })
})
