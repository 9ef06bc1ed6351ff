import { Context, Effect, Layer, Option, Random } from "effect"
import type { Message } from "../domain/Message.ts"
import { MessageRepo } from "../Messages/Repo.ts"
import { LiveSettings } from "../Settings.ts"
import type { Stand } from "./Stand.ts"
import type { SessionRecord } from "./Sessions.ts"

/** What of a room's log a turn is told. */
export interface Told {
  /** Oldest first. */
  readonly messages: ReadonlyArray<Message>
  /** How many the agent may know were left out before them. */
  readonly omitted: number
  /** How many of the messages were told in an earlier turn already. */
  readonly known: number
  /** Begins the room's own lines. */
  readonly mark: string
  /** The session that the turn goes on with; none begins one. */
  readonly session: Option.Option<SessionRecord>
}

export class Talk extends Context.Tag("parley/Orchestrator/Talk")<
  Talk,
  {
    /**
     * The newest unseen messages that fit into the window. Where the provider remembers nothing they are told again in
     * each turn, with all that came after them, so that every request begins as the one before did; when twice the
     * window is reached, only the newest are told from then on.
     */
    readonly of: (stand: Stand, known: Option.Option<SessionRecord>) => Effect.Effect<Told>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const makeMark = Effect.map(Random.nextIntBetween(0x1000000, 0xfffffff), (number) => `#${number.toString(36)}`)

const make = Effect.gen(function* () {
  const { current } = yield* LiveSettings
  const log = yield* MessageRepo

  /** All that is new, to a session that has its own replies already, or to one that begins. */
  const news = Effect.fnUntraced(function* ({ agent, horizon, room }: Stand, session: Option.Option<SessionRecord>) {
    const { CONTEXT_WINDOW } = current()
    const { after, except } = Option.match(session, {
      onNone: () => ({ after: agent.joined_after, except: null }),
      onSome: (it) => ({ after: Math.max(it.last_message_id, agent.joined_after), except: agent.id })
    })
    const span = { after, horizon, own: agent.id, except }
    const messages = yield* log.said(room.id, span, CONTEXT_WINDOW)
    const omitted = messages.length < CONTEXT_WINDOW ? 0 : (yield* log.countSaid(room.id, span)) - messages.length
    return { messages, omitted, known: 0, mark: yield* makeMark, session } satisfies Told
  })

  /** All from where the session began; none when it is to begin anew. */
  const again = Effect.fnUntraced(function* ({ agent, horizon, room }: Stand, session: SessionRecord) {
    const { CONTEXT_WINDOW } = current()
    const { first_message_id, last_message_id, session_id: mark } = session
    const after = Math.max(first_message_id - 1, agent.joined_after)
    const messages = yield* log.said(room.id, { after, horizon, own: agent.id, except: null }, 2 * CONTEXT_WINDOW)
    // Whoever has learned the mark could speak as the room.
    const isWorn = messages.length >= 2 * CONTEXT_WINDOW || messages.some(({ content }) => content.includes(mark))
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

  return Talk.of({
    of: Effect.fnUntraced(function* (stand, known) {
      if (stand.provider.remembers || Option.isNone(known)) return yield* news(stand, known)
      const told = yield* again(stand, known.value)
      return Option.isSome(told) ? told.value : yield* news(stand, Option.none())
    })
  })
})
