import { FileSystem, Path } from "@effect/platform"
import { Array, Effect, Either, Struct } from "effect"
import { type Persona, Traits } from "../../domain/Persona.ts"
import { enter, readText } from "../../lib/files.ts"
import { agentConfig, groupConfig, houseConfig, parseTraits } from "../../personas/Parse.ts"

const flagNames = ["critic", "interrupt_every_turn", "priority", "transparent", "final_response"] as const
const limit = 256 * 1024

/** What the configuration of a folder says; nothing where it cannot be read. */
export const traitsIn = Effect.fnUntraced(
  function* (root: string, folder: string, file: string) {
    const fs = yield* FileSystem.FileSystem
    const { join } = yield* Path.Path
    if (!(yield* fs.exists(join(folder, file)))) return {}
    const text = yield* readText(yield* enter(root, folder), file, limit)
    return Either.getOrElse(parseTraits(file, text), (): Traits => ({}))
  },
  Effect.orElseSucceed((): Traits => ({}))
)

/** Flags that nothing in the agents folder says a word about, and those that it says otherwise. */
export const unsaid = Effect.fnUntraced(function* (root: string, folder: string, persona: Persona, flags: Traits) {
  const { dirname } = yield* Path.Path
  const places = [
    [folder, agentConfig],
    ...(persona.group === null ? [] : [[dirname(folder), groupConfig] as const]),
    [root, houseConfig]
  ] as const
  const found = yield* Effect.forEach(places, ([place, file]) => traitsIn(root, place, file))
  const said = together(found)
  const now: Traits = { ...persona, critic: persona.is_critic }
  const differing = flagNames.filter((name) => flags[name] !== undefined && flags[name] !== now[name])
  const [contrary, silent] = Array.partition(differing, (name) => said[name] === undefined)
  return { silent: Struct.pick(flags, ...silent), contrary }
})

/** The first that says something counts. */
const together = ([nearest, ...others]: ReadonlyArray<Traits>): Traits =>
  nearest === undefined ? {} : { ...together(others), ...nearest }
