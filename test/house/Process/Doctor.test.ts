import { FileSystem } from "@effect/platform"
import { describe, it } from "@effect/vitest"
import { assertInclude, assertMatch, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { request, type RequestListener } from "node:http"
import { stringify } from "../../../src/lib/json.ts"
import * as ChatApi from "../../support/ChatApi.ts"
import { whyNoClaude } from "../../support/claude.ts"
import * as MessagesApi from "../../support/MessagesApi.ts"
import { login } from "../../support/Caller.ts"
import { listening } from "../../support/listening.ts"
import { attempt, home, layer, patience, run, serve, withPassword } from "../../support/Process.ts"

/** Passes requests on, and answers only when they are whole. */
const holdingBack =
  (base: string): RequestListener =>
  ({ headers, method, url }, answer) => {
    request(`${base}${url}`, { method, headers }, (reply) => {
      const chunks: Array<Buffer> = []
      reply.on("data", (chunk: Buffer) => chunks.push(chunk))
      reply.on("end", () => answer.writeHead(reply.statusCode ?? 500, reply.headers).end(Buffer.concat(chunks)))
    }).end()
  }

const lineOf = (text: string, about: string) => text.split("\n").find((line) => line.includes(`  ${about}  `)) ?? ""

describe.concurrent("doctor", () => {
  it.scopedLive(
    "finds nothing to mend before the first start, and makes nothing",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* home

        const { code, stderr, stdout } = yield* attempt(folder, {}, ["doctor"])

        strictEqual(code, 0, stdout + stderr)
        assertMatch(lineOf(stdout, "data folder"), /^ok .*not there yet/)
        assertMatch(lineOf(stdout, "agents     "), /^ok .* 6 in /)
        assertMatch(lineOf(stdout, "providers  "), /^look .*ANTHROPIC_API_KEY/)
        strictEqual(yield* fs.exists(`${folder}/data`), false)
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "asks the server that runs, without a password, and says when what stands before it holds streams back",
    () =>
      Effect.gen(function* () {
        const folder = yield* home
        const server = yield* serve(folder)
        const proxy = yield* listening(holdingBack(server.base))
        const port = new URL(server.base).port

        const asked = {
          direct: attempt(folder, { ...withPassword, PORT: port }, ["doctor"]),
          through: attempt(folder, withPassword, ["doctor", "--url", proxy.url]),
          stranger: attempt(folder, withPassword, ["doctor", "--url", proxy.url, "--token", "x"]),
          mistaken: attempt(folder, withPassword, ["doctor", "--url", server.base, "--password", "x"])
        }
        const { direct, mistaken, stranger, through } = yield* Effect.all(asked, { concurrency: "unbounded" })

        assertMatch(lineOf(direct.stdout, "server     "), /^ok .* answers$/)
        assertMatch(lineOf(direct.stdout, "streams    "), /^ok .*begin after \d+ ms$/)
        assertMatch(lineOf(direct.stdout, "database   "), /^ok .*whole; 1 room, 0 messages/)
        strictEqual(direct.code, 0, direct.stdout + direct.stderr)
        assertMatch(lineOf(through.stdout, "streams    "), /^FAIL .*holds streams back/)
        assertInclude(through.stderr, "parley: 1 of these must be mended")
        strictEqual(through.code, 1)
        assertMatch(lineOf(mistaken.stdout, "database   "), /^ok /)
        assertMatch(lineOf(mistaken.stdout, "server     "), /^FAIL .*Invalid password/)
        assertInclude(mistaken.stderr, "parley: 1 of these must be mended")
        assertMatch(lineOf(direct.stdout, "processes  "), /^ok .*no agent has one$/)
        assertMatch(lineOf(stranger.stdout, "server     "), /^FAIL .*does not accept the token/)
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "asks a server whose database is gone what fails, and says both",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* home
        const server = yield* serve(folder)
        const me = yield* login(server.base)
        yield* fs.remove(`${folder}/data/parley.db`)
        strictEqual((yield* me.call("POST", "/rooms", { name: "Lost" })).status, 503)

        const { code, stdout } = yield* attempt(folder, { PORT: new URL(server.base).port }, ["doctor"])

        assertMatch(lineOf(stdout, "database   "), /^FAIL .*parley\.db: it is gone: .*parley restore/)
        assertMatch(
          lineOf(stdout, "readiness  "),
          /^FAIL .*not ready: the database does not answer, or its file is .*gone/
        )
        strictEqual(code, 1)
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "sees a damaged database, secrets that others can read, a refused key, a clock that is off, a process left behind",
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* home
        const data = `${folder}/data`
        const server = yield* serve(folder)
        yield* server.signal("SIGTERM")
        yield* server.ended
        yield* fs.chmod(`${data}/secrets.json`, 0o644)
        yield* fs.writeFileString(`${data}/parley.db`, "no database")
        const vendor = yield* listening((_, answer) => {
          answer.writeHead(401, { date: "Mon, 01 Jan 2024 00:00:00 GMT" }).end("{}")
        })
        const left = yield* run({
          command: process.execPath,
          args: ["-e", "setInterval(() => {}, 1000); console.log('up')"],
          cwd: folder,
          env: { CLAUDE_CONFIG_DIR: `${data}/claude/config` }
        })
        yield* left.sees(/up/)

        const { code, stdout } = yield* attempt(
          folder,
          { ANTHROPIC_API_KEY: "hush hush", ANTHROPIC_BASE_URL: vendor.url },
          ["doctor"]
        )

        assertMatch(lineOf(stdout, "database   "), /^FAIL .*cannot be read: parley restore puts/)
        assertMatch(lineOf(stdout, "permissions"), /^look .*secrets\.json: chmod go=/)
        assertMatch(lineOf(stdout, "anthropic  "), /^FAIL .*key is not accepted.*Check ANTHROPIC_API_KEY/)
        assertMatch(lineOf(stdout, "clock      "), /^look .* s ahead of 127\.0\.0\.1/)
        assertMatch(lineOf(stdout, "processes  "), new RegExp(`^look .*killed: ${left.pid};`))
        assertMatch(stdout, /^(?![^]*hush)/)
        strictEqual(code, 1)
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive(
    "tries the models of the settings where that is asked for, and says what they can do or what is wrong",
    () =>
      Effect.gen(function* () {
        const folder = yield* home
        const api = yield* ChatApi.make(ChatApi.answer(ChatApi.text("ready")))
        const OPENAI_ENDPOINTS = stringify([
          { name: "local", url: api.url, model: "tiny" },
          { name: "gone", url: "http://127.0.0.1:1/v1", model: "m" }
        ])

        const untried = yield* attempt(folder, { OPENAI_ENDPOINTS }, ["doctor"])
        strictEqual(api.calls.length, 0)
        const { code, stderr, stdout } = yield* attempt(folder, { OPENAI_ENDPOINTS }, ["doctor", "--try"])

        assertMatch(untried.stdout, /^FAIL {2}gone +No connection to 127\.0\.0\.1:1: nothing listens there\. Check /m)
        assertMatch(
          stdout,
          /^ok {4}local +tiny: The model answers and takes tools\. first word after \d+ ms, 20 tokens, \$0/m
        )
        assertMatch(stdout, /^FAIL {2}gone +m: No connection to 127\.0\.0\.1:1: .* in OPENAI_ENDPOINTS/m)
        strictEqual(stdout.split("\n").filter((line) => line.includes("nothing listens")).length, 2, stdout + stderr)
        strictEqual(code, 1)
      }).pipe(Effect.provide(layer)),
    patience
  )

  it.scopedLive.skipIf(whyNoClaude() !== "")(
    `tries the Claude client in a folder of its own, and says when nobody has signed it in ${whyNoClaude()}`,
    () =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* home
        const api = yield* MessagesApi.make(MessagesApi.answer(MessagesApi.text("ready")))
        const cloud = { CLAUDE_CODE_USE_BEDROCK: "1", AWS_REGION: "us-east-1" }
        const key = { ANTHROPIC_API_KEY: "hush hush", ANTHROPIC_BASE_URL: api.url }
        const TMPDIR = yield* home
        const tried = (more: Readonly<Record<string, string>>) =>
          attempt(folder, { ...more, TMPDIR, PATH: "/usr/bin:/bin" }, ["doctor", "--try"])

        const [well, unsigned, untried] = yield* Effect.all(
          [
            tried({ ...key, DEFAULT_MODEL: "haiku" }),
            tried({ ...cloud, AWS_EC2_METADATA_DISABLED: "true" }),
            attempt(folder, cloud, ["doctor"])
          ],
          { concurrency: "unbounded" }
        )

        assertMatch(
          well.stdout,
          /^ok {4}claude +sonnet: The model answers and takes tools\. first word after \d+ ms, /m
        )
        assertMatch(well.stdout, /^ok {4}claude +haiku: The model answers/m)
        strictEqual(well.code, 0, well.stdout + well.stderr)
        assertMatch(
          unsigned.stdout,
          /^FAIL {2}claude +sonnet: The key is not .* Bedrock or Vertex AI\. It says: no cred/m
        )
        strictEqual(unsigned.stdout.includes("without --try"), false)
        assertMatch(untried.stdout, /^look {2}claude +its way in is not asked without --try/m)
        deepStrictEqual([yield* fs.exists(`${folder}/data`), yield* fs.readDirectory(TMPDIR)], [false, []])
      }).pipe(Effect.provide(layer)),
    patience
  )
})
