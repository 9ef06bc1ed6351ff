import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertTrue } from "@effect/vitest/utils"
import { Effect, Either, Record, Schema } from "effect"
import { stringify } from "../../src/lib/json.ts"
import { client } from "../support/Caller.ts"
import * as House from "../support/House.ts"
import { home, layer, run, serve, withPassword } from "../support/Process.ts"
import { had, ofPython, whyNot } from "../support/tools.ts"

const [schemathesis, redocly] = await Effect.runPromise(
  Effect.all([
    had(ofPython("schemathesis", "4.32.5")),
    had({
      name: "redocly-2.77.0",
      steps: (folder) => [["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "@redocly/cli@2.77.0"]]
    })
  ]).pipe(Effect.provide(layer))
)

const Operation = Schema.Struct(
  { responses: Schema.Record({ key: Schema.String, value: Schema.Unknown }) },
  { key: Schema.String, value: Schema.Unknown }
)
const Methods = Schema.Record({ key: Schema.String, value: Operation })
const Document = Schema.Struct(
  { paths: Schema.Record({ key: Schema.String, value: Methods }) },
  { key: Schema.String, value: Schema.Unknown }
)

/** The document without the answer that stands for all the others: only what a route names is documented. */
const strict = ({ paths, ...rest }: typeof Document.Type) => ({
  ...rest,
  paths: Record.map(paths, (methods) =>
    Record.map(methods, ({ responses, ...operation }) => ({
      ...operation,
      responses: Record.remove(responses, "default")
    }))
  )
})

/** A server whose agents may be changed and taken away, and its document. */
const served = Effect.gen(function* () {
  const { AGENTS_DIR } = yield* House.folders({ Ada: "Ada builds clocks.", Bo: "Bo keeps bees." })
  const { base } = yield* serve(yield* home, { ...withPassword, AGENTS_DIR })
  const { call } = yield* client(base)
  const { data } = yield* call("GET", "/openapi.json")
  return { base, document: yield* Schema.decodeUnknown(Document)(data) }
})

/** What a program that looks at the files finds; nothing where it is content. */
const findings = Effect.fn(function* (
  command: string,
  files: Readonly<Record<string, string>>,
  args: ReadonlyArray<string>
) {
  const fs = yield* FileSystem.FileSystem
  const cwd = yield* home
  yield* Effect.forEach(Object.entries(files), ([name, text]) => fs.writeFileString(`${cwd}/${name}`, text))
  const { ended, gone, text } = yield* run({ command, args, cwd, env: { HOME: cwd, NO_COLOR: "1" } })
  yield* gone
  return (yield* ended).code === 0 ? "" : `${text.stdout}\n${text.stderr}`
})

// A token that a request ends, as a logout does, is followed by a new one. Of a stream the first event is enough. A
// ticket or a key that an earlier answer gave would be taken for one that is made up.
const settings = `
request-timeout = 10
max-stream-events = 1
[auth.dynamic.openapi.header]
path = "/auth/login"
payload = { password = "admin" }
extract_selector = "/api_key"
retry_on = [401]
[[operations]]
include-path-regex = "/stream$|/images/"
checks.ignored_auth.enabled = false
`

// What a schema allows may be refused for what it means, and messages that were cleared may be searched.
const notOurs = "positive_data_acceptance,use_after_free"

const manner = ["--seed", "1", "--generation-database", "none", "--continue-on-failure", "--exclude-checks", notOurs]
const bounds = ["--phases", "coverage,fuzzing,stateful", "--max-examples", "15", "--max-time", "120", "--workers", "2"]

describe.skipIf(Either.isLeft(schemathesis))(`a running server${whyNot(schemathesis)}`, () => {
  it.scopedLive("answers whatever it is asked as its document says, and never with a fault of its own", () =>
    Effect.gen(function* () {
      const program = `${Either.getOrThrow(schemathesis)}/bin/st`
      const { base, document } = yield* served

      const files = { "openapi.json": stringify(strict(document)), "schemathesis.toml": settings }
      const found = yield* findings(program, files, ["run", "openapi.json", "--url", base, ...manner, ...bounds])

      assertTrue(found === "", found)
    }).pipe(Effect.provide(layer))
  )
})

describe.skipIf(Either.isLeft(redocly))(`the document of a running server${whyNot(redocly)}`, () => {
  it.scopedLive("keeps the rules of OpenAPI's linter", () =>
    Effect.gen(function* () {
      const cli = `${Either.getOrThrow(redocly)}/node_modules/@redocly/cli/bin/cli.js`
      const { document } = yield* served

      const found = yield* findings(process.execPath, { "openapi.json": stringify(document) }, [
        cli,
        "lint",
        "openapi.json"
      ])

      assertTrue(found === "", found)
    }).pipe(Effect.provide(layer))
  )
})
