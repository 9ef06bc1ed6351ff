import { type Clock, Context, Effect, Layer, type Scope } from "effect"
import type { Member } from "../domain/Agent.ts"
import type { LiveEvent, Placed } from "../domain/Event.ts"
import type { Waiting } from "../domain/ProviderState.ts"
import type { RoomId } from "../domain/RoomId.ts"
import type { TurnId } from "../domain/Round.ts"
import { plus, type Spending } from "../domain/Usage.ts"
import { RoomEvents } from "../store/RoomEvents.ts"
import { keyOf, keysOf, type Place, type Topic } from "../store/Topic.ts"

interface State {
  text: string
  thinking: string
  /** True once some of the text was shown; from then on the turn cannot become a skip. */
  shown: boolean
  skipped: boolean
  /** How much the model said after it had skipped, which nobody heard. */
  unheard: number
  /** From when the model was asked, for the last time, to the first thing it said or thought. */
  firstTokenMs: number | null
  /** What the turn has taken so far, over all tries. */
  spent: Spending
  /** What keeps the model from being asked. */
  waiting: Waiting | null
  /** True as long as the model has neither said nor done anything. */
  isUntouched: boolean
  /** True as long as nobody has read a word of it, it has done nothing, and no more than one try said anything. */
  isUnheard: boolean
}

/** What an agent has brought forth so far in its turn. Whatever is noted its audience has in the same step. */
export interface Draft extends Readonly<State> {
  readonly wait: (why: Waiting) => void
  /** Notes that the model is asked now, and ends the wait for it. */
  readonly ask: () => void
  /** Ends a wait in the middle of a try. */
  readonly goOn: () => void
  /** Notes what the try under way has taken so far. */
  readonly spend: (spending: Spending) => void
  readonly say: (delta: string) => void
  readonly think: (delta: string) => void
  /** Makes thoughts of what was said since the last tool was used: readers are told the turn anew. */
  readonly unsay: () => void
  /** Takes back so many of the latest characters that were thought: readers are told the turn anew. */
  readonly unthink: (characters: number) => void
  /**
   * Notes that the model uses a tool. `skip` makes the turn a skip where the agent may skip; false when it has already
   * been heard.
   */
  readonly use: (tool: string) => boolean
}

interface LiveTurn {
  readonly place: Place
  readonly turnId: TurnId
  readonly agent: Pick<Member, "id" | "name" | "display_name" | "profile_pic">
  readonly draft: Draft
}

export class LiveTurns extends Context.Tag("parley/engine/LiveTurns")<
  LiveTurns,
  {
    /** Shows its audience that the agent is at it, for as long as the scope is open. */
    readonly open: (
      place: Place,
      turnId: TurnId,
      agent: LiveTurn["agent"],
      how: { readonly audience: "room" | "nobody"; readonly maySkip: boolean }
    ) => Effect.Effect<Draft, never, Scope.Scope>
    /** The turns under way in a room, oldest first. */
    readonly inRoom: (roomId: RoomId) => ReadonlyArray<LiveTurn>
    /** What a reader who comes now must be told before it can follow the deltas. */
    readonly greeting: (topic: Topic) => ReadonlyArray<Placed<LiveEvent>>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

// Models that skip often begin with a few words about it; what is shorter than this is not shown before it is certain.
export const heldBack = 32

const refOf = ({ agent, turnId }: Pick<LiveTurn, "agent" | "turnId">) => ({
  turn_id: turnId,
  temp_id: `temp_${turnId}`,
  agent_id: agent.id
})

const startOf = (turn: LiveTurn): LiveEvent => ({
  type: "stream_start",
  ...refOf(turn),
  agent_name: turn.agent.name,
  agent_display_name: turn.agent.display_name,
  agent_profile_pic: turn.agent.profile_pic,
  response_text: turn.draft.shown ? turn.draft.text : "",
  thinking_text: turn.draft.thinking
})

const waitingOf = (turn: LiveTurn): LiveEvent => ({ type: "turn_waiting", ...refOf(turn), waiting: turn.draft.waiting })

const make = Effect.gen(function* () {
  const events = yield* RoomEvents
  const rooms = new Map<RoomId, Set<LiveTurn>>()

  const inRoom = (roomId: RoomId) => [...(rooms.get(roomId) ?? [])]

  const within = (topic: Topic) =>
    topic._tag === "Room"
      ? inRoom(topic.id)
      : [...rooms.values()].flatMap((turns) => [...turns].filter(({ place }) => keysOf(place).includes(keyOf(topic))))

  type Send = (event: LiveEvent) => void

  const begin = (
    { agent, place, turnId }: Omit<LiveTurn, "draft">,
    maySkip: boolean,
    clock: Clock.Clock,
    send: Send
  ): LiveTurn => {
    const state: State = {
      text: "",
      thinking: "",
      shown: false,
      skipped: false,
      unheard: 0,
      isUntouched: true,
      isUnheard: true,
      firstTokenMs: null,
      spent: { usage: null, isWhole: true },
      waiting: null
    }
    const ref = refOf({ turnId, agent })
    /** How much of the text stays said, whatever is unsaid. */
    let kept = 0
    /** How many tries before this one said or thought something; and whether this one has. */
    let triesBefore = 0
    let isHeard = false
    let askedAt = clock.unsafeCurrentTimeMillis()
    const heard = () => {
      state.firstTokenMs ??= clock.unsafeCurrentTimeMillis() - askedAt
      state.isUntouched = false
      state.isUnheard &&= triesBefore === 0
      isHeard = true
    }
    /** By what the provider told: of the tries before, and of all. */
    let before = state.spent
    let told = before
    const goOn = () => {
      if (state.waiting === null) return
      state.waiting = null
      send({ type: "turn_waiting", ...ref, waiting: null })
    }
    const draft: Draft = Object.assign(state, {
      wait: (why: Waiting) => {
        state.waiting = why
        send({ type: "turn_waiting", ...ref, waiting: why })
      },
      ask: () => {
        askedAt = clock.unsafeCurrentTimeMillis()
        triesBefore += isHeard ? 1 : 0
        isHeard = false
        if (!state.shown) state.text = ""
        kept = state.text.length
        before = told
        state.spent = { usage: before.usage, isWhole: false }
        goOn()
      },
      goOn,
      spend: ({ isWhole, usage }: Spending) => {
        // A try that broke off untold is still owed for when the next one succeeds.
        told = { usage: plus(before.usage, usage), isWhole: isWhole && before.isWhole }
        state.spent = told
      },
      say: (delta: string) => {
        heard()
        if (state.skipped) state.unheard += delta.length
        if (state.skipped || delta === "") return
        const offset = state.shown ? state.text.length : 0
        state.text += delta
        if (!state.shown && state.text.trim().length < heldBack) return
        const unseen = state.text.slice(offset)
        state.shown = true
        state.isUnheard = false
        send({ type: "content_delta", ...ref, delta: unseen, offset })
      },
      think: (delta: string) => {
        heard()
        const offset = state.thinking.length
        state.thinking += delta
        send({ type: "thinking_delta", ...ref, delta, offset })
      },
      unsay: () => {
        state.thinking += state.text.slice(kept)
        state.text = state.text.slice(0, kept)
        state.shown &&= kept > 0
        send(startOf({ agent, place, turnId, draft }))
      },
      unthink: (characters: number) => {
        state.thinking = state.thinking.slice(0, Math.max(0, state.thinking.length - characters))
        send(startOf({ agent, place, turnId, draft }))
      },
      use: (tool: string) => {
        kept = state.text.length
        state.isUntouched = false
        state.isUnheard = false
        if (tool !== "skip" || !maySkip) return true
        state.skipped = !state.shown
        return state.skipped
      }
    })
    return { place, turnId, agent, draft }
  }

  return LiveTurns.of({
    open: (place, turnId, agent, { audience, maySkip }) =>
      Effect.acquireRelease(
        Effect.clockWith((clock) => {
          const who = { place, turnId, agent }
          if (audience === "nobody") return Effect.succeed(begin(who, maySkip, clock, () => {}))
          const turn = begin(who, maySkip, clock, (event) => events.send(place, event))
          rooms.set(place.id, (rooms.get(place.id) ?? new Set()).add(turn))
          events.send(place, startOf(turn))
          return Effect.succeed(turn)
        }),
        (turn) =>
          Effect.sync(() => {
            const turns = rooms.get(place.id)
            if (turns?.delete(turn) && turns.size === 0) rooms.delete(place.id)
          })
      ).pipe(Effect.map((turn) => turn.draft)),
    inRoom,
    greeting: (topic) =>
      within(topic).flatMap((turn) => {
        const events = turn.draft.waiting === null ? [startOf(turn)] : [startOf(turn), waitingOf(turn)]
        return events.map((event) => ({ room_id: turn.place.id, ...event }))
      })
  })
})
