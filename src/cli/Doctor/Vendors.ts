import { HttpClient } from "@effect/platform"
import { Clock, Effect, Option, Schema } from "effect"
import type { Provider } from "../../domain/Provider.ts"
import { explain } from "../../domain/ProviderAdvice.ts"
import { configured } from "../../models/Providers.ts"
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

/** Whether each vendor that is set up knows the key. The Claude client is not started: it uses the same. */
export const vendors = Effect.gen(function* () {
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
  return Option.isSome(claude) && !vendors.some(({ name }) => name === "anthropic")
    ? [...answers, Doubtful({ about: "claude", words: "its way in is not asked here: talk to an agent to see" })]
    : answers
}).pipe(Effect.scoped)

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
