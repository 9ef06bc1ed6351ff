import * as ModelTraits from "../../src/domain/ModelTraits.ts"
import { Effect, Exit, type Scope, Stream } from "effect"
import {
  type Provider,
  ProviderEvent,
  type Seat,
  type SessionSpec,
  textOf,
  type TurnInput
} from "../../src/domain/Provider.ts"
import {
  Crashed,
  Overloaded,
  type ProviderError,
  RateLimited,
  SessionLost,
  Unauthorized
} from "../../src/domain/ProviderError.ts"
import { perform } from "../../src/models/Providers/Scripted/Performance.ts"
import * as Script from "../../src/models/Providers/Scripted/Script.ts"
import type { Dice } from "./Dice.ts"
import { type Temper, turn } from "./Script.ts"
import { pulled, streamed } from "../support/turns.ts"

/** A turn as the model's vendor sees it. */
export interface Call {
  readonly number: number
  readonly seat: Seat
  readonly agentName: string
  readonly spec: SessionSpec
  readonly text: string
  readonly tag: string
  /** Tags of all that the model knows as it begins: what its session held, and what it is told now. */
  readonly known: ReadonlySet<string>
  /** How many messages its session was told to be left out, over all its turns. */
  readonly omitted: number
  /** Whether the server that asked is still there. */
  readonly live: boolean
  over: boolean
}

export interface Listener {
  /** False once the server that asks is no more: what it still does does not count. */
  readonly counts: () => boolean
  readonly begins: (call: Call) => void
  /** The model is about to do something in its turn. */
  readonly acts: (call: Call) => void
  readonly ends: (call: Call, how: "well" | "badly" | "interrupted") => void
}

/** What a session holds; a session that goes on under the same id is one file that grows. */
interface File {
  id: string | null
  known: Set<string>
  omitted: number
}

/** A session that is open. */
interface Held {
  file: File
}

export const tagsIn = (text: string): ReadonlyArray<string> => text.match(/«[pa]\d+»/g) ?? []

const usage = { inputTokens: 30, outputTokens: 10, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0.01 }

/** A vendor that misbehaves by lot. Its sessions outlive the servers, as files do. */
export const make = (dice: Dice, temper: Temper) => {
  const files = new Map<string, File>()
  const calls: Array<Call> = []
  let ids = 0

  const opening = (): Effect.Effect<void, ProviderError> => {
    if (!dice.chance(temper.faults)) return dice.chance(0.2) ? Effect.sleep(dice.of(5, 110, 900)) : Effect.void
    switch (dice.weighted({ passing: 4, lasting: 2, die: 1, hang: 2 })) {
      case "passing":
        return dice.chance(0.5) ? new Overloaded({ retryAfterMs: null }) : new Crashed({ reason: "as scripted" })
      case "lasting":
        return dice.chance(0.5) ? new Unauthorized() : new RateLimited({ retryAfterMs: null })
      case "die":
        return Effect.die("as scripted")
      case "hang":
        return Effect.never
    }
  }

  const cleaning = () => (dice.chance(0.15) ? Effect.sleep(dice.of(1, 30, 90)) : Effect.void)

  const fileOf = ({ resume }: SessionSpec): Effect.Effect<File, SessionLost> => {
    if (resume === null) return Effect.succeed({ id: null, known: new Set(), omitted: 0 })
    const file = files.get(resume)
    return file === undefined ? new SessionLost() : Effect.succeed(file)
  }

  const finish = (held: Held, as: "same" | "new" | "without id") => {
    if (as !== "same" || held.file.id === null) {
      const id = `s${++ids}`
      held.file = { ...held.file, id, known: new Set(held.file.known) }
      files.set(id, held.file)
    }
    return as === "without id" ? null : held.file.id
  }

  const play = (listener: Listener, held: Held, spec: SessionSpec, input: TurnInput) => {
    if (!listener.counts()) return Stream.never
    const { file } = held
    const number = calls.length + 1
    const tag = `«a${number}»`
    const text = textOf(input)
    for (const told of tagsIn(text)) file.known.add(told)
    file.omitted += Number(/(\d+) earlier messages are left out/.exec(text)?.[1] ?? 0)
    const known = new Set(file.known)
    const call: Call = {
      number,
      seat: spec.seat,
      agentName: spec.agentName,
      spec,
      text,
      tag,
      known,
      omitted: file.omitted,
      over: false,
      get live() {
        return listener.counts()
      }
    }
    calls.push(call)
    const talk = calls.length > 40 ? temper.talk / 4 : temper.talk
    const resumes = spec.resume !== null
    const script = turn(dice, {
      tag,
      room: spec.seat.roomId,
      resumes,
      temper: { ...temper, talk },
      done: (as) => Script.done(() => ({ sessionId: finish(held, as) }))
    })
    listener.begins(call)

    const watched = (step: Script.Step): Script.Script => [
      Script.gate(
        Effect.suspend(() => {
          if (!listener.counts()) return Effect.never
          if (step._tag !== "Pause") listener.acts(call)
          if (step._tag === "Say") for (const said of tagsIn(step.text)) file.known.add(said)
          return Effect.void
        })
      ),
      step
    ]
    const stage = {
      callTool: input.callTool,
      draw: () => 0,
      fill: (text: string) => text,
      spend: () => input.spend({ usage, isWhole: true }),
      done: () => ProviderEvent.Done({ sessionId: null, model: "m1", finish: "stop", finishReason: null })
    }
    return streamed(Effect.sync(() => perform(script.flatMap(watched), stage))).pipe(
      Stream.ensuringWith((exit) =>
        Effect.map(cleaning(), () => {
          call.over = true
          const how = Exit.isSuccess(exit) ? "well" : Exit.isInterrupted(exit) ? "interrupted" : "badly"
          if (listener.counts()) listener.ends(call, how)
        })
      )
    )
  }

  /** The provider as one server has it, with the seats for which it holds a session at present. */
  const provider = (listener: Listener) => {
    const open = new Map<Held, Seat>()
    const start = (spec: SessionSpec): Effect.Effect<Held, ProviderError, Scope.Scope> =>
      Effect.zipRight(
        opening(),
        Effect.acquireRelease(
          Effect.map(fileOf(spec), (file) => {
            const held: Held = { file }
            open.set(held, spec.seat)
            return held
          }),
          (held) => Effect.map(cleaning(), () => void open.delete(held))
        )
      )
    const service: Provider = {
      name: "vendor",
      isModel: true,
      takesImages: false,
      defaultModel: "m1",
      remembers: true,
      takes: "process",
      traits: ModelTraits.make(),
      models: Effect.succeed([]),
      open: (spec) =>
        Effect.map(
          Effect.suspend(() => start(spec)),
          (held) => ({
            pid: null,
            turn: (input: TurnInput) => pulled(Stream.suspend(() => play(listener, held, spec, input)))
          })
        )
    }
    return { service, open }
  }

  return { calls, provider }
}

export type Vendor = ReturnType<typeof make>
