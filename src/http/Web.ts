import { FileSystem, HttpApiBuilder, HttpServerResponse, Path } from "@effect/platform"
import { Effect } from "effect"
import { fileURLToPath } from "node:url"

const files = [
  ["/", "index.html", "text/html; charset=utf-8"],
  ["/assets/main.js", "main.js", "text/javascript; charset=utf-8"],
  ["/assets/style.css", "style.css", "text/css; charset=utf-8"],
  ["/assets/icon.svg", "icon.svg", "image/svg+xml"]
] as const

const headers = {
  "cache-control": "no-cache",
  "content-security-policy": [
    "default-src 'none'",
    ...["script-src", "style-src", "connect-src", "form-action"].map((kind) => `${kind} 'self'`),
    // A picture is shown before it is sent.
    "img-src 'self' data:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'"
  ].join("; "),
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

/** The page. Its files lie beside the built server; without a build there is a word about it instead. */
export const layer = HttpApiBuilder.Router.use((router) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), "web")
    for (const [route, name, contentType] of files) {
      const response = yield* Effect.match(fs.readFile(path.join(folder, name)), {
        onSuccess: (content) => HttpServerResponse.uint8Array(content, { contentType, headers }),
        onFailure: () => HttpServerResponse.text("The page is not built.", { status: 404, headers })
      })
      yield* router.get(route, Effect.succeed(response))
    }
  })
)
