import { Context, Effect, Layer, Option, Random } from "effect"
import type { AgentId } from "../domain/Agent.ts"
import { Attachments } from "../Attachments.ts"
import type { Seated } from "../Agents/Repo.ts"
import type { Persona } from "../domain/Persona.ts"
import type { Priority, Provider, SessionSpec, TurnInput } from "../domain/Provider.ts"
import { Seat, textOf } from "../domain/Provider.ts"
import type { RoomRow } from "../domain/Room.ts"
import * as Hash from "../lib/hash.ts"
import { Memory } from "../Memory.ts"
import { MessageRepo } from "../Messages/Repo.ts"
import { systemPrompt } from "../Prompt.ts"
import { Settings } from "../Settings.ts"
import { toolSpecs } from "../Tools.ts"
import { context, type Occasion } from "./Context.ts"
import { Sessions } from "./Sessions.ts"

/** Whose turn it is, and what with. */
export interface Stand {
  readonly room: RoomRow
  readonly agent: Seated
  readonly roster: ReadonlyArray<Seated>
  readonly persona: Persona
  readonly provider: Provider
  readonly model: string
  readonly occasion: Occasion
  /** The agent is told nothing newer than this message. */
  readonly horizon: number
  readonly priority: Priority
}

/** All that the model is given for one turn. */
export interface Brief {
  readonly spec: SessionSpec
  readonly promptHash: string
  readonly input: Omit<TurnInput, "callTool">
  /** The newest message that the model is given. */
  readonly newest: number
  /** All text that the model has to read anew, each image as the text that would cost as much. */
  readonly characters: number
  /** What the session that is resumed takes beside that. */
  readonly sessionTokens: number
}

export class Briefs extends Context.Tag("parley/Orchestrator/Brief/Briefs")<
  Briefs,
  {
    /**
     * What the agent has not seen yet, for the session it has or for a new one; none when it is asked for news and there
     * is nothing new. A session of another provider, model or prompt counts as none, and critics see the whole anew.
     */
    readonly make: (stand: Stand) => Effect.Effect<Option.Option<Brief>>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

// At three characters a token: no image takes more than 5,000 tokens, however large.
const charactersOfImage = 15_000

const make = Effect.gen(function* () {
  const { CONTEXT_WINDOW, USER_NAME } = yield* Settings
  const messages = yield* MessageRepo
  const memory = yield* Memory
  const attachments = yield* Attachments
  const sessions = yield* Sessions

  const session = Effect.fnUntraced(function* ({ agent, model, provider, room }: Stand, promptHash: string) {
    const stored = yield* sessions.find(room.id, agent.id)
    return Option.filter(
      stored,
      (known) => known.provider === provider.name && known.model === model && known.prompt_hash === promptHash
    )
  })

  const unseen = Effect.fnUntraced(function* ({ horizon, room }: Stand, after: number, except: AgentId | null) {
    const span = { after, horizon, except }
    const news = yield* messages.said(room.id, span, CONTEXT_WINDOW)
    const omitted = news.length < CONTEXT_WINDOW ? 0 : (yield* messages.countSaid(room.id, span)) - news.length
    return { news, omitted }
  })

  return Briefs.of({
    make: Effect.fn("Briefs.make")(function* (stand) {
      const { agent, model, occasion, persona, provider, room, roster } = stand
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
      const after = Option.match(known, {
        onNone: () => agent.joined_after,
        onSome: (it) => Math.max(it.last_message_id, agent.joined_after)
      })
      // A session that goes on holds its own replies already.
      const { news, omitted } = yield* unseen(stand, after, Option.isSome(known) ? agent.id : null)
      const isNews = occasion === "news" || occasion === "named"
      if (isNews && news.every((message) => message.agent_id === agent.id)) return Option.none()
      const mark = `#${(yield* Random.nextIntBetween(0x1000000, 0xfffffff)).toString(36)}`
      const spec = {
        seat: new Seat({ roomId: room.id, agentId: agent.id }),
        agentName: agent.name,
        model,
        systemPrompt: systemPrompt({ ...prompt, roomMemories }),
        tools,
        resume: Option.match(known, { onNone: () => null, onSome: (it) => it.session_id })
      }
      const { images, names } = yield* attachments.show(news, { takesImages: provider.takesImages, mark })
      const told = context({ agent, messages: news, omitted, mark, occasion, personName: USER_NAME, names })
      return Option.some({
        spec,
        promptHash,
        input: { ...told, images, knownParts: 0 },
        newest: news.at(-1)?.id ?? after,
        characters:
          textOf(told).length +
          images.length * charactersOfImage +
          (Option.isSome(known) ? 0 : spec.systemPrompt.length),
        sessionTokens: Option.match(known, { onNone: () => 0, onSome: (it) => it.tokens })
      })
    })
  })
})
