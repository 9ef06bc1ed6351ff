import { Effect } from "effect"
import { Agents } from "../Agents.ts"
import { Auth } from "../Auth.ts"
import { type Reloaded, ReloadRefused } from "../../domain/Status.ts"
import { LiveSettings } from "../../process/Settings.ts"

/** Reads settings and agents anew. */
export const make = Effect.gen(function* () {
  const { reload } = yield* LiveSettings
  const agents = yield* Agents
  const auth = yield* Auth

  return Effect.gen(function* () {
    // First, for it is what the storage may refuse.
    const report = yield* agents.refresh
    const settings = yield* Effect.mapError(reload, ({ problems }) => ReloadRefused.of(problems))
    yield* auth.renew
    yield* Effect.logInfo("settings were read again").pipe(
      Effect.annotateLogs({ changed: settings.map(({ name }) => name).join(",") })
    )
    const problems = report.flatMap(({ path, problem }) => (problem === null ? [] : [{ path, problem }]))
    return { settings, agents: report.length - problems.length, problems } satisfies Reloaded
  })
})
