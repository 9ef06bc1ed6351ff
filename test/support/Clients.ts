import { Effect, Stream } from "effect"
import { noChoice } from "../../src/domain/ModelChoice.ts"
import { AgentId } from "../../src/domain/Agent.ts"
import { type Provider, ProviderEvent, Seat, type SessionSpec } from "../../src/domain/Provider.ts"
import * as ModelTraits from "../../src/domain/ModelTraits.ts"
import { Crashed, type ProviderError } from "../../src/domain/ProviderError.ts"
import { RoomId } from "../../src/domain/RoomId.ts"
import { pulled } from "./turns.ts"

/** A client as the vendor sees it. */
export interface Client {
  readonly id: number
  readonly provider: string
  readonly spec: SessionSpec
  state: "opening" | "up" | "closing" | "closed"
  sessionId: string | null
  closes: number
}

export const seat = (name: string) => new Seat({ roomId: RoomId.make(1), agentId: AgentId.make(name.charCodeAt(0)) })

export const specFor = (name: string, rest: Partial<SessionSpec> = {}): SessionSpec => ({
  seat: seat(name),
  agentName: name,
  model: "m1",
  options: noChoice,
  systemPrompt: `You are ${name}.`,
  tools: [{ name: "recall", description: "Reads a memory.", parameters: { memory: "which" } }],
  resume: null,
  ...rest
})

export type Turn = "well" | "without id" | "fail" | "hang"

export interface Script {
  readonly opening?: (client: Client) => Effect.Effect<void, ProviderError>
  readonly closing?: (client: Client) => Effect.Effect<void>
}

/** Clients that open and close as the test says; `log` has `+a1` when one is up and `-a1` when that one is closed. */
export const make = (script: Script) => {
  const all: Array<Client> = []
  const log: Array<string> = []
  const label = ({ id, spec }: Client) => `${spec.agentName}${id}`

  const start = (provider: string, spec: SessionSpec) => {
    const client: Client = { id: all.length + 1, provider, spec, state: "opening", sessionId: spec.resume, closes: 0 }
    all.push(client)
    return client
  }

  const stop = (client: Client) =>
    Effect.suspend(() => {
      const wasUp = client.state === "up"
      client.state = "closing"
      client.closes++
      return Effect.map(script.closing?.(client) ?? Effect.void, () => {
        client.state = "closed"
        if (wasUp) log.push(`-${label(client)}`)
      })
    })

  const turn = (client: Client, how: string): Stream.Stream<ProviderEvent, ProviderError> => {
    if (how === "hang") return Stream.never
    if (how === "fail") return Stream.fail(new Crashed({ reason: "gone" }))
    return Stream.suspend(() => {
      client.sessionId = how === "well" ? `${label(client)}, after ${client.sessionId}` : null
      return Stream.make(
        ProviderEvent.TextDelta({ text: label(client) }),
        ProviderEvent.Done({
          sessionId: client.sessionId,
          model: client.spec.model,
          finish: "stop",
          finishReason: null
        })
      )
    })
  }

  const provider = (name = "puppet"): Provider => ({
    name,
    isModel: true,
    takesImages: false,
    defaultModel: "m1",
    remembers: true,
    takes: "process",
    traits: ModelTraits.make(),
    models: Effect.succeed([]),
    open: (spec) =>
      Effect.acquireRelease(
        Effect.sync(() => start(name, spec)),
        stop
      ).pipe(
        Effect.tap((client) => script.opening?.(client) ?? Effect.void),
        Effect.map((client) => {
          client.state = "up"
          log.push(`+${label(client)}`)
          return { pid: null, turn: ({ ask }) => pulled(turn(client, ask)) }
        })
      )
  })

  return { all, log, provider, alive: () => all.filter(({ state }) => state !== "closed") }
}
