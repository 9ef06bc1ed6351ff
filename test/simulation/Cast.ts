import { Effect, Layer, Queue, Stream } from "effect"
import { PictureNotFound } from "../../src/domain/Agent.ts"
import { type Persona, PersonaMissing, RecollectionUnknown } from "../../src/domain/Persona.ts"
import type { RoomId } from "../../src/domain/RoomId.ts"
import { Memory } from "../../src/personas/Memory.ts"
import { Personas } from "../../src/personas/Personas.ts"
import { mira } from "../support/personas.ts"

const as = (name: string, traits: Partial<Persona> = {}): Persona => ({
  ...mira,
  name,
  config_file: `agents/group_harbour/${name}`,
  characteristics: null,
  in_a_nutshell: `${name} is one of us.`,
  ...traits
})

/** Every kind of agent that planning knows. */
export const cast: ReadonlyArray<Persona> = [
  as("Ada"),
  as("Bo"),
  as("Cleo", { priority: 5 }),
  as("Dov", { priority: -2 }),
  as("Eli", { interrupt_every_turn: true }),
  as("Fay", { transparent: true }),
  as("Gus", { final_response: true }),
  as("Hal", { is_critic: true })
]

/** The agents and what they remember, as they would lie on the disk: they outlive a server, and answer at once. */
export const make = () => {
  const present = new Map(cast.map((persona) => [persona.name, persona]))
  const notes = new Map<string, ReadonlyArray<string>>()
  const watchers = new Set<Queue.Queue<void>>()
  let edition = 1

  const announce = () => {
    for (const watcher of watchers) watcher.unsafeOffer(undefined)
  }

  const personas = Layer.succeed(
    Personas,
    Personas.of({
      all: Effect.sync(() => [...present.values()]),
      get: (name) =>
        Effect.suspend(() => {
          const found = present.get(name)
          return found === undefined ? PersonaMissing.of(name, "there is no such folder") : Effect.succeed(found)
        }),
      report: Effect.succeed([]),
      picture: () => PictureNotFound.of(),
      changes: Stream.unwrapScoped(
        Effect.acquireRelease(
          Effect.tap(Queue.unbounded<void>(), (queue) => Effect.sync(() => watchers.add(queue))),
          (queue) => Effect.sync(() => watchers.delete(queue))
        ).pipe(Effect.map((queue) => Stream.concat(Stream.make(undefined), Stream.fromQueue(queue))))
      )
    })
  )

  const key = (room: RoomId, name: string) => `${room}/${name}`
  const memory = Layer.succeed(
    Memory,
    Memory.of({
      memorize: ({ entry, persona, room }) =>
        Effect.sync(() => {
          notes.set(key(room.id, persona.name), [...(notes.get(key(room.id, persona.name)) ?? []), entry])
          return entry
        }),
      recent: ({ persona, roomId }) =>
        Effect.sync(() => ({ entries: notes.get(key(roomId, persona.name)) ?? [], later: [] })),
      recall: (_persona, subtitle) => new RecollectionUnknown({ subtitle, subtitles: [] }),
      forget: (roomId) =>
        Effect.sync(() => {
          for (const known of notes.keys()) if (known.startsWith(`${roomId}/`)) notes.delete(known)
        })
    })
  )

  return {
    layer: Layer.merge(personas, memory),
    /** The agent's folder goes, comes back, or says something else. */
    change: (persona: Persona, how: "retire" | "restore" | "rewrite") => {
      if (how === "retire") present.delete(persona.name)
      if (how === "restore") present.set(persona.name, persona)
      if (how === "rewrite") present.set(persona.name, { ...persona, in_a_nutshell: `edition ${edition++}` })
      announce()
    }
  }
}
