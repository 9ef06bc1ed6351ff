import { Either, Option, ParseResult, Schema } from "effect"
import { shownNameIn, Traits } from "../domain/Persona.ts"
import { brief, oneLine } from "../lib/text.ts"
import { agentConfig, parseTraits, parseYaml } from "./Parse.ts"
import { toolNames } from "./Tools.ts"

const decodeExactly = Schema.decodeUnknownEither(Traits, { onExcessProperty: "error", errors: "all" })

const longest = 60
const shown = (text: string) => brief(oneLine(text), longest)

/** The keys of a configuration that mean nothing, at any depth. */
const keysIn = (value: unknown) =>
  Either.match(decodeExactly(value), {
    onRight: () => [],
    onLeft: (error) =>
      ParseResult.ArrayFormatter.formatErrorSync(error).flatMap(({ _tag, path }) =>
        _tag === "Unexpected" ? [path.map((key) => shown(String(key))).join(".")] : []
      )
  })

/** What is wrong with the shown name, which is an agent's own. */
const misgiven = (file: string, { display_name = null }: Traits) => {
  if (display_name === null) return []
  if (file !== agentConfig) return [`${file}: display_name belongs into ${agentConfig}`]
  return Option.toArray(Option.map(Either.getLeft(shownNameIn(display_name)), (why) => `${file}: display_name ${why}`))
}

/** What a configuration that can be read says to nobody. */
export const unheeded = (file: string, text: string | undefined): ReadonlyArray<string> =>
  Either.match(Either.all([parseYaml(file, text), parseTraits(file, text)]), {
    onLeft: () => [],
    onRight: ([value, traits]) => [
      ...keysIn(value).map((key) => `${file}: there is no key ${key}`),
      ...misgiven(file, traits),
      ...Object.keys(traits.tools ?? {}).flatMap((name) =>
        toolNames.has(name) ? [] : `${file}: there is no tool ${shown(name)}`
      )
    ]
  })

const likeConfig = /^(?:agent|group|house)?[ _-]?config\.(?:ya?ml|json|toml)$/i

/** Names of files in an agent's folder that look like its configuration and are not. */
export const strayIn = (names: ReadonlyArray<string>, own: string) =>
  names.filter((name) => name !== own && likeConfig.test(name))

/** What people call such a file instead. */
export const misnamed = (own: string) => own.replace(/\.yaml$/, ".yml")
