import { Context, Effect, Layer, Option } from "effect"
import { Attachments } from "../Attachments.ts"
import type { Seated } from "../Agents/Repo.ts"
import type { Persona } from "../domain/Persona.ts"
import type { Priority, Provider, SessionSpec, TurnInput } from "../domain/Provider.ts"
import { Seat, textOf } from "../domain/Provider.ts"
import type { RoomRow } from "../domain/Room.ts"
import * as Hash from "../lib/hash.ts"
import { Memory } from "../Memory.ts"
import { systemPrompt } from "../Prompt.ts"
import { Settings } from "../Settings.ts"
import { toolSpecs } from "../Tools.ts"
import { context, type Occasion } from "./Context.ts"
import { type SessionRecord, Sessions } from "./Sessions.ts"
import { Talk, type Told } from "./Talk.ts"

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
  /** Where the seat's session stands, should the model give the turn no session of its own. */
  readonly standing: Standing
  /** The newest message that the model is given. */
  readonly newest: number
  /** All text that the model has to read anew, each image as the text that would cost as much. */
  readonly characters: number
  /** What the session that is resumed takes beside that. */
  readonly sessionTokens: number
}

/** What of a session's record is certain before its turn. */
export type Standing = Pick<SessionRecord, "session_id" | "first_message_id" | "last_message_id" | "last_note">

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
  const { USER_NAME } = yield* Settings
  const talk = yield* Talk
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

  return Briefs.of({
    make: Effect.fn("Briefs.make")(function* (stand) {
      const { agent, horizon, model, occasion, persona, provider, room, roster } = stand
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
      const told = yield* talk.of(stand, yield* session(stand, promptHash))
      const isNews = occasion === "news" || occasion === "named"
      if (isNews && told.messages.every(({ agent_id, id }) => agent_id === agent.id || isOld(told, id))) {
        return Option.none()
      }
      const upTo = Option.map(told.session, ({ last_note }) => last_note)
      const notes = yield* memory.recent({ persona, roomId: room.id, upTo })
      const spec = {
        seat: new Seat({ roomId: room.id, agentId: agent.id }),
        agentName: agent.name,
        model,
        systemPrompt: systemPrompt({ ...prompt, roomMemories: notes.entries }),
        tools,
        resume: Option.match(told.session, { onNone: () => null, onSome: (it) => it.session_id })
      }
      const { mark, messages, omitted } = told
      const { images, names } = yield* attachments.show(messages, { takesImages: provider.takesImages, mark })
      const said = context({
        agent,
        messages,
        omitted,
        mark,
        occasion,
        personName: USER_NAME,
        notes: provider.remembers ? [] : notes.later,
        names
      })
      const isResumed = provider.remembers && Option.isSome(told.session)
      const standing = standingOf(told, notes.entries)
      return Option.some({
        spec,
        promptHash,
        input: { ...said, images, knownParts: told.known === 0 ? 0 : said.parts.length - messages.length + told.known },
        standing,
        newest: messages.findLast(({ id }) => id <= horizon)?.id ?? standing.last_message_id,
        characters:
          textOf(said).length + images.length * charactersOfImage + (isResumed ? 0 : spec.systemPrompt.length),
        sessionTokens: isResumed ? told.session.value.tokens : 0
      })
    })
  })
})

const isOld = ({ session }: Told, id: number) => Option.exists(session, ({ last_message_id }) => id <= last_message_id)

const standingOf = ({ mark, messages, session }: Told, notes: ReadonlyArray<string>): Standing =>
  Option.getOrElse(session, () => {
    const first = messages[0]?.id ?? 1
    return {
      session_id: mark,
      first_message_id: first,
      last_message_id: first - 1,
      last_note: notes.at(-1) ?? null
    }
  })
