import { Either, ParseResult, Schema } from "effect"
import { Traits } from "../domain/Persona.ts"
import { brief, oneLine } from "../lib/text.ts"
import { parseTraits, parseYaml } from "./Parse.ts"
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

/** What a configuration that can be read says to nobody. */
export const unheeded = (file: string, text: string | undefined): ReadonlyArray<string> =>
  Either.match(Either.all([parseYaml(file, text), parseTraits(file, text)]), {
    onLeft: () => [],
    onRight: ([value, { tools = {} }]) => [
      ...keysIn(value).map((key) => `${file}: there is no key ${key}`),
      ...Object.keys(tools).flatMap((name) => (toolNames.has(name) ? [] : `${file}: there is no tool ${shown(name)}`))
    ]
  })

const likeConfig = /^(?:agent|group|house)?[ _-]?config\.(?:ya?ml|json|toml)$/i

/** Names of files in an agent's folder that look like its configuration and are not. */
export const strayIn = (names: ReadonlyArray<string>, own: string) =>
  names.filter((name) => name !== own && likeConfig.test(name))

/** What people call such a file instead. */
export const misnamed = (own: string) => own.replace(/\.yaml$/, ".yml")
