import { Effect } from "effect"
import { Agents } from "../Agents.ts"
import { Auth } from "../Auth.ts"
import { type Reloaded, ReloadRefused } from "../../domain/Status.ts"
import { Providers } from "../../models/Providers.ts"
import { LiveSettings } from "../../process/Settings.ts"

/** Reads settings and agents anew, and forgets what models were seen to refuse. */
export const make = Effect.gen(function* () {
  const { reload } = yield* LiveSettings
  const agents = yield* Agents
  const auth = yield* Auth
  const { all } = yield* Providers

  return Effect.gen(function* () {
    // First, for it is what the storage may refuse.
    const report = yield* agents.refresh
    const settings = yield* Effect.mapError(reload, ({ problems }) => ReloadRefused.of(problems))
    yield* auth.renew
    for (const { traits } of all) traits.forget()
    yield* Effect.logInfo("settings were read again").pipe(
      Effect.annotateLogs({ changed: settings.map(({ name }) => name).join(",") })
    )
    const problems = report.flatMap(({ path, problem }) => (problem === null ? [] : [{ path, problem }]))
    return { settings, agents: report.length - problems.length, problems } satisfies Reloaded
  })
})
