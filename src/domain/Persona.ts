import { HttpApiSchema } from "@effect/platform"
import { Either, Option, Schema } from "effect"
import { folded, oneLine } from "../lib/text.ts"
import { ErrorBody } from "./Error.ts"
import { choiceFields, type ModelChoice } from "./ModelChoice.ts"
import { type Named, namesOf } from "./ShownName.ts"

/** A piece of long-term memory that an agent looks up by its subtitle. */
export interface Recollection {
  readonly subtitle: string
  readonly body: string
}

const Text = Schema.String.pipe(Schema.maxLength(4000))
const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true, nullable: true })

export const ToolOverride = Schema.Struct({
  description: maybe(Text),
  response: maybe(Text),
  enabled: maybe(Schema.Boolean)
})
export type ToolOverride = typeof ToolOverride.Type

/** Words of a prompt in place of ours; `{agent_name}` stands for the name. */
export const PromptWords = Schema.Struct({
  /** Says who the agent is, before its pages. */
  opening: maybe(Text),
  /** How to take part, in points. */
  manners: maybe(Schema.Array(Text).pipe(Schema.maxItems(50))),
  /** Stand in the prompt beside all else. */
  rules: maybe(Text)
})
export type PromptWords = typeof PromptWords.Type

/** What `house_config.yaml`, `group_config.yaml` and `agent_config.yaml` may say; of other keys there is a warning. */
export const Traits = Schema.Struct({
  critic: maybe(Schema.Boolean),
  interrupt_every_turn: maybe(Schema.Boolean),
  priority: maybe(Schema.Int),
  transparent: maybe(Schema.Boolean),
  final_response: maybe(Schema.Boolean),
  memory_scope: maybe(Schema.Literal("room", "shared")),
  provider: maybe(choiceFields.provider),
  model: maybe(choiceFields.model),
  max_output_tokens: maybe(choiceFields.max_output_tokens),
  temperature: maybe(choiceFields.temperature),
  thinking: maybe(choiceFields.thinking),
  /** In an agent's own file alone; `shownNameIn` judges it, and a wrong one disables nobody. */
  display_name: Schema.optionalWith(Schema.Unknown, { exact: true }),
  prompt: maybe(PromptWords),
  tools: maybe(Schema.Record({ key: Schema.String, value: Schema.NullOr(ToolOverride) }))
})
export type Traits = typeof Traits.Type

/** An agent as its folder describes it. */
export interface Persona {
  readonly name: string
  /** What the agent is called in place of its folder's name; null where that is its name. */
  readonly display_name: string | null
  readonly group: string | null
  /** The folder, from the agents folder's parent, as `agents/group_X/name`; always with `/`. */
  readonly config_file: string
  readonly profile_pic: string | null
  readonly in_a_nutshell: string | null
  readonly characteristics: string | null
  readonly recent_events: string | null
  readonly memories: ReadonlyArray<Recollection>
  readonly is_critic: boolean
  readonly interrupt_every_turn: boolean
  readonly priority: number
  readonly transparent: boolean
  readonly final_response: boolean
  /** Whether what the agent memorizes stays in the room or reaches every room it sits in. */
  readonly memory_scope: "room" | "shared"
  /** What the agent speaks with, where its seat does not say. */
  readonly choice: ModelChoice
  readonly prompt: PromptWords
  readonly tools: Readonly<Record<string, ToolOverride>>
  /** Changes exactly when one of the other fields does; the same on every machine and after a restart. */
  readonly fingerprint: string
}

export interface PersonaReport {
  readonly path: string
  readonly group: string | null
  readonly name: string
  /** Why the agent is disabled, or why an older version of it is in use; null when all is well. */
  readonly problem: string | null
  /** What of its configuration means nothing, also what is wrong with its shown name. */
  readonly warnings: ReadonlyArray<string>
}

/** `detail` says whether there is no such folder or what disables it. */
export class PersonaMissing extends Schema.TaggedError<PersonaMissing>()(
  "PersonaMissing",
  { ...ErrorBody, name: Schema.String },
  HttpApiSchema.annotations({ status: 400 })
) {
  static readonly of = (name: string, reason: string) =>
    new PersonaMissing({ name, detail: `Agent '${name}' cannot be used: ${reason}` })
}

/** Nothing was remembered; `detail` is what the agent is told. */
export class MemoryRefused extends Schema.TaggedError<MemoryRefused>()("MemoryRefused", {
  reason: Schema.Literal("empty", "too_long", "full", "unwritable"),
  detail: Schema.String
}) {
  static readonly of = (reason: MemoryRefused["reason"], detail: string) => new MemoryRefused({ reason, detail })
}

/** No memory has this subtitle; `subtitles` are those that there are. */
export class RecollectionUnknown extends Schema.TaggedError<RecollectionUnknown>()("RecollectionUnknown", {
  subtitle: Schema.String,
  subtitles: Schema.Array(Schema.String)
}) {
  override get message() {
    const known = this.subtitles.map((subtitle) => `"${subtitle}"`).join(", ")
    return `There is no memory "${this.subtitle}". ${known === "" ? "There are none." : `There are: ${known}`}`
  }
}

const shape = /^(?!.*\.\.)[\p{L}\p{M}\p{N}_-](?:[\p{L}\p{M}\p{N}_ .-]*[\p{L}\p{M}\p{N}_-])?$/u

/** For people. */
export const nameRule =
  "letters of any script, digits, _ and -, with spaces and dots inside, and at most 100 characters (240 bytes)"

/** True for a name of an agent or a group, as `nameRule` has it; no path. */
export const isPersonaName = (name: string) =>
  // Names become file names, which most systems bound at 255 bytes.
  name.length <= 200 && [...name].length <= 100 && new TextEncoder().encode(name).length <= 240 && shape.test(name)

/** In characters. */
export const longestShownName = 100

const visible = /(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N}\p{P}\p{S}]/u

/** The name that is given for an agent, on one line; or, to go on from `display_name`, what is wrong with it. */
export const shownNameIn = (given: unknown): Either.Either<string, string> => {
  if (typeof given !== "string") return Either.left("is no text; put it in quotes")
  const name = oneLine(given.normalize("NFC"))
  if (!visible.test(name)) return Either.left("holds nothing that can be seen")
  if ([...name].length > longestShownName) return Either.left(`has more than ${longestShownName} characters`)
  return Either.right(name)
}

/** A name of the agent that people would take for one of another's, where not both are folders'. */
export const sharedName = ({ display_name, name }: Named, others: ReadonlyArray<Named>): Option.Option<string> => {
  const isOf = (wanted: string | null, names: (other: Named) => ReadonlyArray<string | null>) =>
    wanted !== null && others.flatMap(names).some((other) => other !== null && folded(other) === folded(wanted))
  if (isOf(display_name, namesOf)) return Option.fromNullable(display_name)
  return isOf(name, (other) => [other.display_name]) ? Option.some(name) : Option.none()
}
