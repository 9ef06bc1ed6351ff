import { Context, Effect, Layer, Option } from "effect"
import { networkInterfaces } from "node:os"
import { Settings } from "../process/Settings.ts"

/** Pages of other origins that may call with a person's credentials. */
export class Origins extends Context.Tag("parley/features/Origins")<
  Origins,
  {
    readonly isAllowed: (origin: string) => boolean
    /** What an answer tells the browser of who may read it. */
    readonly headersFor: (origin: string | undefined) => Readonly<Record<string, string>>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

/** What a page of another origin may read of an answer beside its body. */
export const exposedHeaders = ["traceparent", "x-request-id", "retry-after", "etag"]

/** Stand in every answer, also where no page of another origin asks. */
export const corsHeaders = {
  "access-control-allow-credentials": "true",
  "access-control-expose-headers": exposedHeaders.join(",")
}

const lan = Effect.sync(() =>
  Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.flatMap(({ address, family, internal }) => (family === "IPv4" && !internal ? [address] : []))
  )
)

const make = Effect.gen(function* () {
  const { FRONTEND_URL, VERCEL_URL } = yield* Settings
  const origins = new Set([
    ...["localhost", "127.0.0.1", ...(yield* lan)].flatMap((host) =>
      [5173, 5174].map((port) => `http://${host}:${port}`)
    ),
    ...Option.toArray(Option.map(FRONTEND_URL, (url) => (URL.canParse(url) ? new URL(url).origin : url))),
    ...Option.toArray(Option.map(VERCEL_URL, (host) => `https://${host}`))
  ])
  const isAllowed = (origin: string) => origins.has(origin)
  return Origins.of({
    isAllowed,
    headersFor: (origin) =>
      origin !== undefined && isAllowed(origin)
        ? { "access-control-allow-origin": origin, vary: "Origin", ...corsHeaders }
        : corsHeaders
  })
})
