import { NodeContext } from "@effect/platform-node"
import { layer } from "@effect/vitest"
import { FileSystem } from "@effect/platform"
import { Deferred, Effect, Fiber, Option, Redacted, Stream, Scope, Exit } from "effect"
import * as Claude from "../../src/Providers/Claude.ts"
import * as Api from "../support/MessagesApi.ts"
const spec: any = { seat: {}, agentName: "a", model: "claude-sonnet-4-5", systemPrompt: "x", tools: [{ name: "memorize", description: "Keeps", parameters: { memory_entry: "What" } }], resume: null }
layer(NodeContext.layer, { excludeTestServices: true })((it) => {
  it.scoped("dbg", () => Effect.gen(function* () {
    const t0 = performance.now(); const log = (...a: any[]) => console.log((performance.now() - t0).toFixed(0), ...a)
    const fs = yield* FileSystem.FileSystem
    const api = yield* Api.make()
    const dataDir = yield* fs.makeTempDirectoryScoped()
    const provider = yield* Claude.make({ apiKey: Option.some(Redacted.make("sk-k-k-k-k-k")), baseUrl: Option.some(api.url), model: "m", dataDir, maxThinkingTokens: 1024, environment: {} })
    const scope = yield* Scope.make()
    const session = yield* Scope.extend(provider.open(spec), scope)
    log("open")
    if (process.env["DBG"] === "verb") {
      if (process.env["T"]) yield* api.reply(Api.answer(Api.toolUse("memorize", '{"memory_entry":"x"}')))
      for (const t of ["one", "two", "/clear", "@/etc/hostname", "five"]) yield* Stream.runDrain(session.turn({ text: t, callTool: () => Effect.succeed({ text: 'kept', isError: false }) }))
      for (const c of api.calls) log(JSON.stringify(c.request.messages))
    } else {
      yield* api.reply(process.env["DBG"] === "silence" ? Api.silence : Api.answer(Api.toolUse("memorize", '{"memory_entry":"x"}')))
      const called = yield* Deferred.make<void>()
      const f = yield* Effect.fork(Stream.runForEach(session.turn({ text: "hi", callTool: () => Effect.zipRight(Deferred.succeed(called, undefined), Effect.onInterrupt(Effect.never, () => Effect.sync(() => log("tool interrupted")))) }), (e) => Effect.sync(() => log(e))))
      yield* api.next
      log("request")
      if (process.env["DBG"] !== "silence") yield* Deferred.await(called)
      log("interrupting")
      yield* Fiber.interrupt(f)
      log("interrupted")
    }
    yield* Scope.close(scope, Exit.void)
    log("closed")
  }))
})
