import { Effect, Option, Random } from "effect"
import { type Limit, MessageRepo, type Said } from "../../store/MessageRepo.ts"
import { LiveSettings } from "../../process/Settings.ts"
import { conversationBytes } from "../../domain/ModelTraits.ts"
import type { TurnSetting } from "./TurnSetting.ts"
import type { SessionRecord } from "../../store/Sessions.ts"

/** What of a room's log a turn is told. */
export interface Told {
  /** Oldest first. */
  readonly messages: ReadonlyArray<Said>
  /** How many the agent may know were left out before them. */
  readonly omitted: number
  /** How many of the messages were told in an earlier turn already. */
  readonly known: number
  /** Begins the room's own lines. */
  readonly mark: string
  /** The session that the turn goes on with; none begins one. */
  readonly session: Option.Option<SessionRecord>
}

export interface History {
  /**
   * The newest unseen messages that fit into the window, in number and in bytes. Where the provider remembers nothing
   * they are told again in each turn, with all that came after them, so that every request begins as the one before
   * did; they begin with half the bytes, and when all are reached, or twice the number, only the newest are told from
   * then on. A model's window bounds the bytes too; `promptBytes` of it are taken.
   */
  readonly of: (setting: TurnSetting, known: Option.Option<SessionRecord>, promptBytes: number) => Effect.Effect<Told>
}

// Always six letters and digits: the same conversation is as long whenever it is told.
const makeMark = Effect.map(Random.nextIntBetween(36 ** 5, 0x7fffffff), (number) => `#${number.toString(36)}`)

export const make = Effect.gen(function* () {
  const { current } = yield* LiveSettings
  const log = yield* MessageRepo

  const limitsFor = ({ model, provider }: TurnSetting, promptBytes: number) => {
    const { CONTEXT_BYTES, CONTEXT_WINDOW } = current()
    const bytes = Math.min(CONTEXT_BYTES, conversationBytes(provider.traits.of(model), promptBytes))
    const whole: Limit = { messages: 2 * CONTEXT_WINDOW, bytes }
    const half: Limit = { messages: CONTEXT_WINDOW, bytes: Math.ceil(bytes / 2) }
    return { whole, half }
  }

  /** All that is new, to a session that has its own replies already, or to one that begins. */
  const news = Effect.fnUntraced(function* (
    setting: TurnSetting,
    session: Option.Option<SessionRecord>,
    { half, whole }: ReturnType<typeof limitsFor>
  ) {
    const { agent, horizon, provider, room } = setting
    const { after, except } = Option.match(session, {
      onNone: () => ({ after: agent.joined_after, except: null }),
      onSome: (it) => ({ after: Math.max(it.last_message_id, agent.joined_after), except: agent.id })
    })
    const span = { after, horizon, own: agent.id, except }
    const limit = provider.remembers ? { ...half, bytes: whole.bytes } : half
    const { isWhole, messages } = yield* log.said(room.id, span, limit)
    const omitted = isWhole ? 0 : (yield* log.countSaid(room.id, span)) - messages.length
    return { messages, omitted, known: 0, mark: yield* makeMark, session } satisfies Told
  })

  /** All from where the session began; none when it is to begin anew. */
  const again = Effect.fnUntraced(function* (
    { agent, horizon, room }: TurnSetting,
    session: SessionRecord,
    whole: Limit
  ) {
    const { first_message_id, last_message_id, session_id: mark } = session
    const after = Math.max(first_message_id - 1, agent.joined_after)
    const { isWhole, messages } = yield* log.said(room.id, { after, horizon, own: agent.id, except: null }, whole)
    // Whoever has learned the mark could speak as the room.
    const isWorn = !isWhole || messages.some(({ content }) => content.includes(mark))
    if (isWorn) return Option.none()
    const omitted = yield* log.countSaid(room.id, {
      after: agent.joined_after,
      horizon: after,
      own: null,
      except: null
    })
    const known = messages.filter(({ id }) => id <= last_message_id).length
    return Option.some<Told>({ messages, omitted, known, mark, session: Option.some(session) })
  })

  return {
    of: Effect.fnUntraced(function* (setting, known, promptBytes) {
      const limits = limitsFor(setting, promptBytes)
      if (setting.provider.remembers || Option.isNone(known)) return yield* news(setting, known, limits)
      const told = yield* again(setting, known.value, limits.whole)
      return Option.isSome(told) ? told.value : yield* news(setting, Option.none(), limits)
    })
  } satisfies History
})
