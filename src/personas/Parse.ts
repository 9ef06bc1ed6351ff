import { Effect, Either, ParseResult, Schema } from "effect"
import { parse } from "yaml"
import { decided, type ModelChoice } from "../domain/ModelChoice.ts"
import { type Persona, type Recollection, shownNameIn, type ToolOverride, Traits } from "../domain/Persona.ts"
import * as Hash from "../lib/hash.ts"

/** What a folder holds, by file name. A file that is not there is not in the record; an empty one is. */
export type Texts = Readonly<Record<string, string>>

export interface Place {
  readonly name: string
  readonly group: string | null
  readonly config_file: string
}

type Draft = Omit<Persona, "fingerprint">

/** In the root of the agents folder, for all of them. */
export const houseConfig = "house_config.yaml"
export const groupConfig = "group_config.yaml"
export const agentConfig = "agent_config.yaml"
export const personaFiles = ["in_a_nutshell.md", "characteristics.md", "recent_events.md"] as const

/** Sections under `## [subtitle]` lines; what stands before the first is dropped, the last of two namesakes wins. */
export const parseRecollections = (text: string): ReadonlyArray<Recollection> => {
  const [, ...parts] = `\n${text}`.split(/\n##[ \t]*\[(.*\S.*)\][ \t]*(?=\n|$)/)
  const bodies = new Map<string, string>()
  for (let i = 0; i + 1 < parts.length; i += 2) bodies.set(parts[i]?.trim() ?? "", parts[i + 1]?.trim() ?? "")
  return Array.from(bodies, ([subtitle, body]) => ({ subtitle, body }))
}

const decodeTraits = Schema.decodeUnknownEither(Traits)

/** YAML 1.1, so that `yes` and `on` mean what they meant to the files' first readers. */
export const parseYaml = (file: string, text: string | undefined): Either.Either<unknown, string> =>
  Either.try({
    try: () => parse(text ?? "", { version: "1.1", logLevel: "error" }) ?? {},
    catch: (error) => `${file} is not valid YAML: ${String(error).split("\n", 1)[0]}`
  })

export const parseTraits = (file: string, text: string | undefined): Either.Either<Traits, string> =>
  parseYaml(file, text).pipe(
    Either.flatMap((value) =>
      Either.mapLeft(decodeTraits(value), (error) => {
        const [issue] = ParseResult.ArrayFormatter.formatErrorSync(error)
        return `${file}: ${[...(issue?.path ?? []), issue?.message].join(": ")}`
      })
    )
  )

/** The nearer to the agent, the stronger. */
const merge = (outer: Traits, inner: Traits) => {
  const names = [...new Set([outer, inner].flatMap(({ tools }) => Object.keys(tools ?? {})))]
  const tools: Record<string, ToolOverride> = Object.fromEntries(
    names.map((name) => [name, { ...outer.tools?.[name], ...inner.tools?.[name] }])
  )
  return { ...outer, ...inner, tools, prompt: { ...outer.prompt, ...inner.prompt } }
}

const choiceIn = (traits: Traits): ModelChoice => ({
  provider: traits.provider ?? null,
  model: traits.model ?? null,
  max_output_tokens: traits.max_output_tokens ?? null,
  temperature: traits.temperature ?? null,
  thinking: traits.thinking ?? null
})

const section = (text: string | undefined) => text?.trim() || null

/** The persona that the texts of its folder describe, or what is wrong with them. */
export const assemble = (place: Place, texts: Texts, memoryFile: string | null, picture: string | null) =>
  Either.gen(function* () {
    const [nutshell, characteristics, events] = personaFiles.map((file) => section(texts[file]))
    if (!nutshell && !characteristics) return yield* Either.left("in_a_nutshell.md and characteristics.md hold no text")
    const house = yield* parseTraits(houseConfig, texts[houseConfig])
    const group = yield* parseTraits(groupConfig, texts[groupConfig])
    const agent = yield* parseTraits(agentConfig, texts[agentConfig])
    const traits = merge(merge(house, group), agent)
    const persona: Draft = {
      name: place.name,
      display_name: Either.getOrElse(shownNameIn(agent.display_name), () => null),
      group: place.group,
      config_file: place.config_file,
      profile_pic: picture,
      in_a_nutshell: nutshell ?? null,
      characteristics: characteristics ?? null,
      recent_events: events ?? null,
      memories: parseRecollections((memoryFile && texts[memoryFile]) ?? ""),
      is_critic: traits.critic ?? place.name.toLowerCase() === "critic",
      interrupt_every_turn: traits.interrupt_every_turn ?? false,
      priority: traits.priority ?? 0,
      transparent: traits.transparent ?? false,
      final_response: traits.final_response ?? false,
      memory_scope: traits.memory_scope ?? "room",
      choice: decided([choiceIn(agent), choiceIn(group), choiceIn(house)]),
      prompt: traits.prompt,
      tools: traits.tools
    }
    return persona
  })

export const fingerprinted = (draft: Draft): Effect.Effect<Persona> =>
  Effect.map(Hash.sha256([JSON.stringify(draft)]), (fingerprint) => ({ ...draft, fingerprint }))

const pictureNames = ["profile", "avatar", "picture", "photo"]
/** SVG is none of them: it can hold programs. */
export const pictureKinds = [".png", ".jpg", ".jpeg", ".gif", ".webp"]

/** The files of a folder that can be its picture, best first: known names, then any image by kind. */
export const pictureCandidates = (files: ReadonlyArray<string>) => {
  const matching = (test: (lower: string) => boolean) => files.filter((file) => test(file.toLowerCase()))
  const known = pictureNames.flatMap((name) => pictureKinds.flatMap((kind) => matching((file) => file === name + kind)))
  const any = pictureKinds.flatMap((kind) => matching((file) => file.endsWith(kind) && !file.startsWith(".")))
  return [...new Set([...known, ...any])]
}

/** Older trees keep `<name>.<kind>` beside the folders. */
export const legacyPictures = (name: string, files: ReadonlyArray<string>) =>
  pictureKinds.flatMap((kind) => files.filter((file) => file.normalize("NFC") === name + kind))
