import { Cause, Clock, Context, Effect, Exit, Layer, Option, Stream } from "effect"
import { AgentRepo } from "../Agents/Repo.ts"
import { withDeadlines } from "../Deadlines.ts"
import { InvalidRequest, type Provider, ProviderEvent, type TurnInput } from "../domain/Provider.ts"
import type { RoomId } from "../domain/RoomId.ts"
import type { Cell, RoundId, Trigger } from "../domain/Round.ts"
import * as Time from "../domain/Time.ts"
import { type Draft, LiveTurns } from "../LiveTurns.ts"
import { Memory } from "../Memory.ts"
import { Personas } from "../Personas.ts"
import { Providers } from "../Providers.ts"
import { RoomRepo } from "../Rooms/Repo.ts"
import { SdkPool } from "../SdkPool.ts"
import { Settings } from "../Settings.ts"
import * as Telemetry from "../Telemetry/GenAi.ts"
import { callTool } from "../Tools.ts"
import { WriteQueue } from "../WriteQueue.ts"
import { type Brief, Briefs, type Stand } from "./Brief.ts"
import { Ledger } from "./Ledger.ts"
import { Settlements } from "./Settlement.ts"
import { type Verdict, verdictOf } from "./Verdict.ts"

export interface TurnPlace {
  readonly roomId: RoomId
  readonly roundId: RoundId
  /** Where on the round's tape. */
  readonly index: number
  readonly cell: Cell
  readonly cause: Trigger["cause"]
}

export class Turns extends Context.Tag("parley/Orchestrator/Turn/Turns")<
  Turns,
  {
    /**
     * Plays one turn to its outcome, which is in the ledger when this returns, also when it is interrupted. None when
     * there was no turn: the agent has left, cannot be used, or there is nothing new for it.
     */
    readonly play: (place: TurnPlace) => Effect.Effect<Option.Option<Verdict>>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const settings = yield* Settings
  const rooms = yield* RoomRepo
  const agents = yield* AgentRepo
  const personas = yield* Personas
  const providers = yield* Providers
  const briefs = yield* Briefs
  const ledger = yield* Ledger
  const queue = yield* WriteQueue
  const live = yield* LiveTurns
  const pool = yield* SdkPool
  const memory = yield* Memory
  const settlements = yield* Settlements

  const deadlines = withDeadlines({
    firstTokenMs: settings.FIRST_TOKEN_TIMEOUT * 1000,
    idleMs: settings.IDLE_TIMEOUT * 1000,
    totalMs: settings.TURN_TIMEOUT * 1000
  })

  const standFor = Effect.fnUntraced(function* ({ cell, roomId }: TurnPlace) {
    const room = yield* rooms.find(roomId)
    const roster = yield* agents.members(roomId)
    const agent = yield* Effect.fromNullable(roster.find(({ id }) => id === cell.agent_id))
    const persona = yield* personas.get(agent.name)
    const provider = yield* Effect.catchTag(providers.get(room.default_provider), "ProviderUnknown", ({ detail }) =>
      Effect.succeed(absent(room.default_provider, detail))
    )
    return { room, roster, agent, persona, provider, model: room.default_model ?? provider.defaultModel }
  })

  const toolsFor = ({ persona, room }: Stand, draft: Draft): TurnInput["callTool"] => {
    const call = callTool(memory, { persona, room })
    return (name, input) =>
      Telemetry.executeTool(
        name,
        Effect.if(name === "skip" ? draft.skip : Effect.succeed(true), {
          onTrue: () => call(name, input),
          onFalse: () =>
            Effect.succeed({ text: "You have already been heard. Finish what you were saying.", isError: true })
        })
      )
  }

  const listen = (draft: Draft) =>
    ProviderEvent.$match({
      TextDelta: ({ text }) => draft.say(text),
      ThinkingDelta: ({ text }) => draft.think(text),
      ToolUse: () => Effect.void,
      Done: () => Effect.void
    })

  /** One attempt on one session: from the lease to the provider's last event. */
  const speak = (stand: Stand, brief: Brief, draft: Draft) =>
    Effect.flatMap(pool.lease(stand.provider, brief.spec), (session) =>
      session.turn({ text: brief.text, images: brief.images, callTool: toolsFor(stand, draft) }).pipe(
        deadlines,
        Stream.tap(listen(draft)),
        Stream.runLast,
        Effect.flatMap(Option.filter(ProviderEvent.$is("Done"))),
        Effect.catchTag("NoSuchElementException", () => Effect.dieMessage("the provider ended a turn without Done"))
      )
    ).pipe(Effect.scoped, Telemetry.chat(labels(stand)))

  const anew = (stand: Stand, draft: Draft) =>
    queue.write(ledger.dropSessions(stand.room.id, stand.agent.id)).pipe(
      Effect.orDie,
      Effect.zipRight(briefs.make(stand)),
      Effect.flatMap(Effect.orDie),
      Effect.flatMap((brief) => Effect.map(speak(stand, brief, draft), (done) => ({ done, brief })))
    )

  const attempt = (stand: Stand, brief: Brief, draft: Draft) =>
    Effect.map(speak(stand, brief, draft), (done) => ({ done, brief })).pipe(
      Effect.catchTags({
        SessionLost: () => anew(stand, draft),
        // An image that the provider will not take must not silence the agent, now and whenever it is told anew.
        InvalidRequest: (error) =>
          brief.images.length > 0 && draft.firstTokenMs === null ? anew(sightless(stand), draft) : error
      })
    )

  const open = Effect.fnUntraced(function* (place: TurnPlace, stand: Stand) {
    const trace = yield* Telemetry.traceId
    const started_at = yield* Time.now
    return yield* settlements.persist(
      ledger.openTurn({
        round_id: place.roundId,
        room_id: place.roomId,
        agent_id: stand.agent.id,
        agent_name: stand.agent.name,
        cell: place.index,
        reason: place.cell.reason,
        provider: stand.provider.name,
        model: stand.model,
        trace_id: trace,
        cause_trace_id: place.cause?.trace_id ?? null,
        started_at
      })
    )
  })

  const take = (place: TurnPlace, stand: Stand, brief: Brief) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const turnId = yield* open(place, stand)
        const began = yield* Clock.currentTimeMillis
        // The draft is taken down before the turn is settled: nobody is greeted with a turn that has ended.
        const { draft, exit } = yield* Effect.scoped(
          Effect.flatMap(live.open(place.roomId, turnId, stand.agent), (draft) =>
            Effect.map(Effect.exit(restore(attempt(stand, brief, draft))), (exit) => ({ draft, exit }))
          )
        )
        if (Exit.isFailure(exit) && Cause.isDie(exit.cause)) yield* Effect.logError("a turn broke", exit.cause)
        const duration_ms = (yield* Clock.currentTimeMillis) - began
        const verdict = verdictOf(
          Exit.map(exit, ({ done }) => done),
          draft
        )
        const used = Exit.isSuccess(exit) ? exit.value.brief : brief
        yield* settlements.settle({ turnId, stand, brief: used, draft, verdict, duration_ms })
        return verdict
      })
    )

  return Turns.of({
    play: Effect.fnUntraced(function* (place) {
      const stand = yield* Effect.option(standFor(place))
      const brief = yield* Option.match(stand, { onNone: () => Effect.succeedNone, onSome: briefs.make })
      return yield* Option.match(Option.all([stand, brief]), {
        onNone: () => Effect.succeedNone,
        onSome: ([stand, brief]) =>
          Effect.asSome(Telemetry.invokeAgent({ ...place, ...labels(stand) }, take(place, stand, brief)))
      })
    })
  })
})

const sightless = (stand: Stand): Stand => ({ ...stand, provider: { ...stand.provider, takesImages: false } })

const labels = ({ agent, model, provider }: Stand) => ({ agent: agent.name, model, provider: provider.name })

/** Stands in for a provider that was configured when the room was made: the turn fails and says why. */
const absent = (name: string, reason: string): Provider => ({
  name,
  isModel: false,
  takesImages: false,
  defaultModel: "",
  open: () => new InvalidRequest({ reason })
})
