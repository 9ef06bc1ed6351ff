import { type Headers, HttpApiBuilder, HttpServerRequest } from "@effect/platform"
import { Effect, Layer, Option, Redacted } from "effect"
import { Api } from "../../Api.ts"
import { asAdmin } from "../../Auth.ts"
import { Credentials } from "../../Credentials.ts"
import { NotReady } from "../../../domain/Status.ts"
import { CurrentUser, Unauthenticated } from "../../../domain/User.ts"
import { sha256 } from "../../../lib/hash.ts"
import { Metrics } from "../Metrics.ts"
import { Settings } from "../../../process/Settings.ts"
import { healthy, Scraping } from "./Api.ts"
import * as Pool from "../Pool.ts"
import * as Providers from "../ProviderList.ts"
import * as Trials from "../ProviderTrials.ts"
import { Readiness } from "../Readiness.ts"

const refuse = () => Unauthenticated.of()

export const scraping = Layer.effect(
  Scraping,
  Effect.gen(function* () {
    const { METRICS_TOKEN } = yield* Settings
    const { identify } = yield* Credentials
    const own = yield* Effect.transposeMapOption(METRICS_TOKEN, (token) => sha256([Redacted.value(token)]))

    const isOwn = ({ authorization = "" }: Headers.Headers) =>
      Effect.map(sha256([authorization.replace(/^bearer +/i, "")]), (said) => Option.contains(own, said))

    const asked = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      if (yield* isOwn(request.headers)) return
      const { user } = yield* identify(request)
      yield* Effect.provideService(asAdmin, CurrentUser, user)
    })
    return Scraping.of({
      // It looks at all of them, and its refusal is the one that is told; the others are named for the documents.
      header: refuse,
      bearer: refuse,
      cookie: () => asked
    })
  })
)

export const layer = HttpApiBuilder.group(Api, "system", (handlers) =>
  Effect.map(
    Effect.all({
      pool: Pool.make,
      providers: Providers.make,
      trials: Trials.make,
      metrics: Metrics,
      readiness: Readiness
    }),
    ({ metrics, pool, providers, readiness, trials }) =>
      handlers
        .handle("ready", () =>
          Effect.flatMap(readiness.failing, (failing) =>
            failing.length === 0 ? Effect.succeed({ status: "ready" as const }) : NotReady.of(failing)
          )
        )
        .handle("metrics", () => metrics.text)
        .handle("health", () => Effect.succeed(healthy))
        .handle("authHealth", () => Effect.succeed(healthy))
        .handle("poolHealth", () => Effect.zipRight(asAdmin, pool.health))
        .handle("voice", () => Effect.succeed({ enabled: false, server_available: false, server_url: "" }))
        .handle("providers", () => providers)
        .handle("tryProvider", ({ path, payload }) => Effect.zipRight(asAdmin, trials(path.name, payload?.model)))
  )
)
