import { Effect, Option, Struct } from "effect"
import { Attachments } from "../../store/Attachments.ts"
import { Seat, type SessionSpec, type TurnInput } from "../../domain/Provider.ts"
import { charactersOfImage } from "../../domain/Usage.ts"
import { shownName } from "../../domain/ShownName.ts"
import type { Persona } from "../../domain/Persona.ts"
import { derived } from "../../lib/derived.ts"
import * as Hash from "../../lib/hash.ts"
import * as Permits from "../../lib/permits.ts"
import { Memory } from "../../personas/Memory.ts"
import { systemPrompt } from "../../personas/Prompt.ts"
import { Settings } from "../../process/Settings.ts"
import { toolSpecs, withoutSkip } from "../../personas/Tools.ts"
import { context } from "./Context.ts"
import { type SessionRecord, Sessions } from "../../store/Sessions.ts"
import type { TurnSetting } from "./TurnSetting.ts"
import { type History, type Told } from "./History.ts"

/** All that the model is given for one turn. */
export interface Brief {
  readonly spec: SessionSpec
  readonly promptHash: string
  readonly input: Omit<TurnInput, "callTool" | "spend">
  /** Where the seat's session stands, should the model give the turn no session of its own. */
  readonly session: SessionState
  /** The newest message that the model is given. */
  readonly newest: number
  /** All text that the model has to read anew, each image as the text that would cost as much. */
  readonly characters: number
  /** What the session that is resumed takes beside that. */
  readonly sessionTokens: number
}

/** What of a session's record is certain before its turn. */
export type SessionState = Pick<SessionRecord, "session_id" | "first_message_id" | "last_message_id" | "last_note">

export interface Briefs {
  /**
   * What the agent has not seen yet, for the session it has or for a new one; none when it is asked for news and there
   * is nothing new. A session of another provider, model or prompt counts as none, and critics see the whole anew.
   */
  readonly make: (setting: TurnSetting) => Effect.Effect<Option.Option<Brief>>
  /** The client that a turn of this stand would be given, were it to begin now. */
  readonly spec: (setting: TurnSetting) => Effect.Effect<SessionSpec>
}

/** How many are made at once: while one is made it is there more than once. */
const atOnce = 4

/** In how many companies, at most, an agent's prompt is kept. */
const mostCompanies = 100

// Its name, its description and the schema of its input.
const bytesOfTool = 600

export const make = Effect.fnUntraced(function* ({ history }: { readonly history: History }) {
  const { USER_NAME } = yield* Settings
  const building = Permits.make(atOnce)
  const memory = yield* Memory
  const attachments = yield* Attachments
  const sessions = yield* Sessions

  /** Of an agent in this company: the same until its folder or the company changes. */
  const promptOf = (persona: Persona, roster: ReadonlyArray<string>, isModel: boolean) => {
    const bare = { persona, roomMemories: [], roster, personName: USER_NAME, isModel }
    const tools = toolSpecs(persona)
    // What the agent noted itself its session knows, and it may skip in one turn and not in the next: neither makes
    // the session another's.
    const lasting = { ...bare, persona: withoutSkip(persona) }
    const hash = Hash.digestOf([
      systemPrompt(lasting),
      ...toolSpecs(lasting.persona).flatMap((tool) => [tool.name, tool.description])
    ])
    const noteless = systemPrompt(bare)
    return {
      tools,
      hash,
      withNotes: (roomMemories: ReadonlyArray<string>) =>
        roomMemories.length === 0 ? noteless : systemPrompt({ ...bare, roomMemories }),
      bytes: Buffer.byteLength(noteless) + bytesOfTool * tools.length
    }
  }
  type Prompt = ReturnType<typeof promptOf>

  const promptsOf = derived((_: Persona) => new Map<string, Prompt>())

  const prompt = ({ persona, provider: { isModel }, roster }: TurnSetting) => {
    const prompts = promptsOf(persona)
    const names = roster.map(shownName)
    const company = [isModel, ...names].join("\n")
    const found = prompts.get(company) ?? promptOf(persona, names, isModel)
    if (prompts.size >= mostCompanies) prompts.clear()
    prompts.set(company, found)
    return found
  }

  const resumable = Effect.fnUntraced(function* ({ agent, model, provider, room }: TurnSetting, { hash }: Prompt) {
    const stored = yield* sessions.find(room.id, agent.id)
    return Option.filter(
      stored,
      (known) => known.provider === provider.name && known.model === model && known.prompt_hash === hash
    )
  })

  const open = Effect.fnUntraced(function* (
    { agent, model, options, persona, room }: TurnSetting,
    { tools, withNotes }: Prompt,
    known: Option.Option<SessionRecord>
  ) {
    const upTo = Option.map(known, ({ last_note }) => last_note)
    const notes = yield* memory.recent({ persona, roomId: room.id, upTo })
    const spec: SessionSpec = {
      seat: new Seat({ roomId: room.id, agentId: agent.id }),
      agentName: shownName(agent),
      model,
      options: Struct.pick(options, "max_output_tokens", "temperature", "thinking"),
      systemPrompt: withNotes(notes.entries),
      tools,
      resume: Option.match(known, { onNone: () => null, onSome: (it) => it.session_id })
    }
    return { notes, spec }
  })

  return {
    spec: Effect.fn("Briefs.spec")(function* (setting: TurnSetting) {
      const own = prompt(setting)
      return (yield* open(setting, own, yield* resumable(setting, own))).spec
    }, building.with),

    make: Effect.fn("Briefs.make")(function* (setting: TurnSetting) {
      const { agent, horizon, occasion, provider } = setting
      const own = prompt(setting)
      const told = yield* history.of(setting, yield* resumable(setting, own), own.bytes)
      const { mark, messages, omitted } = told
      const isNews = occasion === "news" || occasion === "mentioned"
      if (isNews && messages.every(({ agent_id, id }) => agent_id === agent.id || isOld(told, id))) {
        return Option.none()
      }
      const { notes, spec } = yield* open(setting, own, told.session)
      const { images, names } = yield* attachments.show(messages, { takesImages: seesImages(setting), mark })
      const said = context({
        agent: { id: agent.id, name: shownName(agent) },
        messages,
        omitted,
        mark,
        occasion,
        personName: USER_NAME,
        notes: provider.remembers ? [] : notes.later,
        names
      })
      const isResumed = provider.remembers && Option.isSome(told.session)
      const session = stateOf(told, notes.entries)
      return Option.some({
        spec,
        promptHash: own.hash,
        input: {
          ...said,
          images,
          knownParts: told.known === 0 ? 0 : said.parts.length - messages.length + told.known
        },
        session,
        newest: messages.findLast(({ id }) => id <= horizon)?.id ?? session.last_message_id,
        characters: lengthOf(said) + images.length * charactersOfImage + (isResumed ? 0 : spec.systemPrompt.length),
        sessionTokens: isResumed ? told.session.value.tokens : 0
      })
    }, building.with)
  } satisfies Briefs
})

const seesImages = ({ model, provider }: TurnSetting) => provider.takesImages && provider.traits.of(model).takes_images

/** The text that a turn tells the model, in bytes. */
export const bytesOf = ({ input: { ask, images, parts }, spec: { systemPrompt } }: Brief) =>
  [systemPrompt, ask, ...parts.map(({ text }) => text)].reduce(
    (sum, text) => sum + Buffer.byteLength(text),
    images.length * charactersOfImage
  )

const lengthOf = ({ ask, parts }: Pick<TurnInput, "ask" | "parts">) =>
  parts.reduce((sum, { text }) => sum + text.length + 1, ask.length)

const isOld = ({ session }: Told, id: number) => Option.exists(session, ({ last_message_id }) => id <= last_message_id)

const stateOf = ({ mark, messages, session }: Told, notes: ReadonlyArray<string>): SessionState =>
  Option.getOrElse(session, () => {
    const first = messages[0]?.id ?? 1
    return {
      session_id: mark,
      first_message_id: first,
      last_message_id: first - 1,
      last_note: notes.at(-1) ?? null
    }
  })
