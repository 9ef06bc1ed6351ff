import { FileSystem, HttpClient } from "@effect/platform"
import type { PlatformError } from "@effect/platform/Error"
import { Array, Clock, Effect, Logger, LogLevel, Option, Schema } from "effect"
import type { Provider } from "../../domain/Provider.ts"
import { explain } from "../../domain/ProviderAdvice.ts"
import type { Trial } from "../../domain/Trial.ts"
import { Gates } from "../../models/Gates.ts"
import { configured, defaultName } from "../../models/Providers.ts"
import * as Trials from "../../models/Trials.ts"
import { Settings } from "../../process/Settings.ts"
import { Broken, Doubtful, type Finding, Fine } from "./Finding.ts"

const patience = "10 seconds"

const ask = <E, R>(name: string, provider: Effect.Effect<Provider, E, R>) =>
  provider.pipe(
    Effect.flatMap(({ models }) => models),
    Effect.timeoutTo({
      duration: patience,
      onSuccess: (models): Finding => Fine({ about: name, words: `accepts the key, lists ${models.length} models` }),
      onTimeout: () => Broken({ about: name, words: `does not answer within ${patience}` })
    })
  )

/** Whether each vendor that is set up knows the key. The Claude client is not started for that: it uses the same. */
export const vendors = (tries: boolean) =>
  Effect.gen(function* () {
    const { claude, vendors } = yield* configured
    if (Option.isNone(claude) && vendors.length === 0) {
      return [
        Doubtful({ about: "providers", words: "none is set up: agents speak lines of a script (ANTHROPIC_API_KEY)" })
      ]
    }
    const asked = vendors.map(({ make, name }) =>
      Effect.catchAll(ask(name, make), (error) => Effect.succeed(Broken({ about: name, words: explain(error, name) })))
    )
    const answers = yield* Effect.all(asked, { concurrency: "unbounded" })
    return Option.isSome(claude) && !tries && !vendors.some(({ name }) => name === "anthropic")
      ? [...answers, Doubtful({ about: "claude", words: "its way in is not asked without --try" })]
      : answers
  }).pipe(Effect.scoped)

const priceOf = ({ cost_usd }: Trial) => (cost_usd === null ? "no price known" : `$${cost_usd.toFixed(6)}`)

const foundBy = (trial: Trial): Finding => {
  const about = trial.provider
  if (!trial.ok) return Broken({ about, words: `${trial.model}: ${trial.message}` })
  const took = `first word after ${trial.first_token_ms} ms, ${trial.tokens ?? 0} tokens, ${priceOf(trial)}`
  return Fine({ about, words: `${trial.model}: ${trial.message} ${took}` })
}

const atOnce = 5

/** A folder for a Claude client: that in the data folder may be a running server's. */
const apart = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "parley-doctor-" }))

/** How the models of the settings answer one short question. The findings say what the log would say. */
export const trials = Effect.gen(function* () {
  const { DEFAULT_MODEL } = yield* Settings
  const { claude, vendors } = yield* configured
  const usual = yield* defaultName
  const attempt = yield* Trials.make
  const tryAll = (provider: Provider) => {
    const { defaultModel, name } = provider
    const models = Array.dedupe([defaultModel, ...(name === usual ? Option.toArray(DEFAULT_MODEL) : [])])
    return Effect.forEach(models, (model) => Effect.map(attempt(provider, model), foundBy))
  }
  const unmade = ({ message }: PlatformError) => Effect.succeed([Broken({ about: "claude", words: message })])
  const tried = yield* Effect.all(
    [
      ...Option.toArray(claude).map((make) =>
        Effect.catchAll(Effect.flatMap(Effect.flatMap(apart, make), tryAll), unmade)
      ),
      ...vendors.map(({ make }) => Effect.flatMap(make, tryAll))
    ],
    { concurrency: atOnce }
  )
  return tried.flat()
}).pipe(Effect.provide(Gates.layer), Effect.scoped, Logger.withMinimumLogLevel(LogLevel.None))

const drift = 30_000

/** Whether this clock agrees with one outside: logins, and connections by TLS, depend on it. */
export const clock = Effect.gen(function* () {
  const { ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL, CLAUDE_API_KEY, OPENAI_BASE_URL } = yield* Settings
  const hasKey = Option.isSome(ANTHROPIC_API_KEY) || Option.isSome(CLAUDE_API_KEY)
  const anthropic = hasKey ? Option.some("https://api.anthropic.com") : Option.none()
  const url = Option.firstSomeOf([ANTHROPIC_BASE_URL, OPENAI_BASE_URL, anthropic])
  if (Option.isNone(url)) return []
  const answer = yield* Effect.option(Effect.timeout(HttpClient.head(url.value), patience))
  const date = Option.flatMap(
    Option.flatMapNullable(answer, ({ headers }) => headers["date"]),
    Schema.decodeOption(Schema.DateFromString)
  )
  if (Option.isNone(date)) return []
  const off = (yield* Clock.currentTimeMillis) - date.value.getTime()
  const words = `${Math.round(Math.abs(off) / 1000)} s ${off > 0 ? "ahead of" : "behind"} ${new URL(url.value).host}`
  return [
    Math.abs(off) > drift
      ? Doubtful({ about: "clock", words })
      : Fine({ about: "clock", words: `agrees with ${new URL(url.value).host}` })
  ]
}).pipe(Effect.scoped)
