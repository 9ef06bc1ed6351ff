import { HttpApiSchema } from "@effect/platform"
import { Schema } from "effect"
import { ErrorBody } from "./Error.ts"
import { SettingChange } from "./Settings.ts"

/** What a reload found. */
export const Reloaded = Schema.Struct({
  settings: Schema.Array(SettingChange),
  /** How many agents can be used. */
  agents: Schema.Int,
  /** Folders whose files cannot be used; where an older version of an agent was good, that is in use. */
  problems: Schema.Array(Schema.Struct({ path: Schema.String, problem: Schema.String }))
})
export type Reloaded = typeof Reloaded.Type

/** Settings that cannot be used: those from before are in force, all of them. */
export class ReloadRefused extends Schema.TaggedError<ReloadRefused>()(
  "ReloadRefused",
  { ...ErrorBody, problems: Schema.Array(Schema.String) },
  HttpApiSchema.annotations({ status: 400 })
) {
  static readonly of = (problems: ReadonlyArray<string>) =>
    new ReloadRefused({ problems, detail: `The settings cannot be used: ${problems.join("; ")}` })
}
