import { HttpApiSchema } from "@effect/platform"
import { Option, Schema } from "effect"
import { ErrorBody } from "./Error.ts"
import { Flag } from "./Row.ts"
import { TurnPolicy } from "./Round.ts"

/** What becomes of a message that arrives during a round. */
export const DoubleText = Schema.Literal("interrupt", "enqueue", "reject")
export type DoubleText = typeof DoubleText.Type

const whole = (min: number, max: number) => Schema.Int.pipe(Schema.between(min, max))
const limit = (max: number, min = 0) => Schema.NullOr(whole(min, max))
const money = (min: number) => Schema.NullOr(Schema.Number.pipe(Schema.finite(), Schema.between(min, 1_000_000)))

/** What is set aside for the answer of a turn, and for a turn of a room that has not seen what its turns cost. */
export const leastTurn = { tokens: 2000, usd: 0.05 }

const mostTokens = 1_000_000_000_000

/** What the people of a room decide about it. A limit or budget that is null does not bound. */
export const RoomSettings = Schema.Struct({
  /** Replies of agents that the room will ever hold. */
  max_interactions: limit(1_000_000),
  turn_policy: TurnPolicy,
  double_text: DoubleText,
  /** Whether the last one asked must answer a person whom everybody else left without an answer. */
  someone_answers: Flag,
  /** Replies to one trigger. */
  max_messages: whole(1, 1000),
  /** Passes after the first. */
  max_follow_ups: whole(0, 100),
  /** Tokens that the room may ever use; input, output and cached alike. */
  budget_tokens: limit(mostTokens),
  /** US dollars that the room may ever cost, by the providers' own account. */
  budget_usd: money(0),
  /** Whether the agents take up the conversation by themselves. */
  autonomous: Flag,
  /** Seconds of quiet before they do; doubled by each such round until a person speaks. */
  autonomous_every: whole(10, 86_400),
  /** The longest quiet in seconds. */
  autonomous_ceiling: whole(10, 604_800),
  /** Such rounds in a row without a person. */
  autonomous_max_rounds: whole(1, 10_000)
})
export type RoomSettings = typeof RoomSettings.Type

/** What somebody may ask for: with a smaller budget no agent could ever speak. */
export const AskedSettings = Schema.Struct({
  ...RoomSettings.fields,
  budget_tokens: limit(mostTokens, leastTurn.tokens),
  budget_usd: money(leastTurn.usd)
})

/** Settings that somebody asks for; undefined leaves one as it is. */
export type Wanted = { readonly [Name in keyof RoomSettings]?: RoomSettings[Name] | undefined }

const flag = "true or false"

const budget = (least: number, why: string) =>
  `a whole number from ${least}, ${why}, to ${mostTokens}, or null for no limit`

/** What each setting may be, for people. */
export const allowed: Readonly<Record<keyof RoomSettings, string>> = {
  max_interactions: "a whole number from 0 to 1000000, or null for no limit",
  turn_policy: `one of ${TurnPolicy.literals.join(", ")}`,
  double_text: `one of ${DoubleText.literals.join(", ")}`,
  someone_answers: flag,
  max_messages: "a whole number from 1 to 1000",
  max_follow_ups: "a whole number from 0 to 100",
  budget_tokens: budget(leastTurn.tokens, "which is what one turn sets aside for its answer"),
  budget_usd: `a number from ${leastTurn.usd}, which is what a first turn sets aside, to 1000000, or null for no limit`,
  autonomous: flag,
  autonomous_every: "whole seconds from 10 to 86400",
  autonomous_ceiling: "whole seconds from 10 to 604800",
  autonomous_max_rounds: "a whole number from 1 to 10000"
}

type SettingName = keyof RoomSettings

const isSetting = (name: unknown): name is SettingName => typeof name === "string" && name in allowed

/** A setting that a room cannot have; nothing was changed. */
export class SettingRefused extends Schema.TaggedError<SettingRefused>()(
  "SettingRefused",
  {
    ...ErrorBody,
    /** What each refused setting may be. */
    allowed: Schema.Record({ key: Schema.String, value: Schema.String })
  },
  HttpApiSchema.annotations({ status: 400 })
) {
  /** None unless all that was wrong was a setting's value. */
  static readonly of = (fields: ReadonlyArray<unknown>) => {
    const names = [...new Set(fields)]
    if (names.length === 0 || !names.every(isSetting)) return Option.none()
    return Option.some(SettingRefused.told(Object.fromEntries(names.map((name) => [name, allowed[name]]))))
  }

  /** A budget of tokens that no agent of the room could speak with. */
  static readonly tooSmall = (least: number) =>
    SettingRefused.told({ budget_tokens: budget(least, "which is what a turn in this room needs") })

  private static readonly told = (allowed: Readonly<Record<string, string>>) => {
    const detail = Object.entries(allowed).map(([name, values]) => `${name} must be ${values}`)
    return new SettingRefused({ detail: detail.join("; "), allowed })
  }
}
