import { HttpClient, HttpClientRequest } from "@effect/platform"
import { layer } from "@effect/vitest"
import { Effect, FastCheck as fc, Runtime, Schema } from "effect"
import * as Client from "../support/Client.ts"
import * as House from "../support/House.ts"
import { promisesOf } from "./fuzz/Promises.ts"
import { type Request, type Target, targets } from "./fuzz/Requests.ts"

const runs = 25
const Json = Schema.parseJson(Schema.Unknown)
const strayed = new Set(["RouteNotFound", "MethodNotAllowed"])

/** Words that only a stack, or a file of ours, would have. */
const inside = /\n\s+at |node_modules|\.(ts|mjs):\d+|SQLITE|parley-\w+\/(data|agents)/

let rooms = 0

const setup = Effect.gen(function* () {
  const { ask } = yield* Client.make
  const [agent] = yield* ask(({ agents }) => agents.list())
  const { id } = yield* ask((parley) => parley.rooms.create({ payload: { name: `fuzz ${++rooms}` } }))
  if (agent !== undefined) yield* ask((parley) => parley.rooms.join({ path: { room_id: id, agent_id: agent.id } }))
  return [id, agent?.id ?? 1, 1, 2]
})

const who = ["admin", "admin", "guest", "nobody"] as const
// A bearer for each route: some routes end its token.
const callers = Effect.all({ admin: Client.make, guest: Client.guest, nobody: Client.as(null) })
type Caller = Effect.Effect.Success<typeof callers>["admin" | "nobody"]

const ask = Effect.fnUntraced(function* (
  target: Target,
  request: Request,
  { base, token }: Pick<Caller, "base" | "token">
) {
  const http = HttpClient.withTracerPropagation(yield* HttpClient.HttpClient, false)
  const own = token === null ? {} : { "x-api-key": token }
  const response = yield* http.execute(
    HttpClientRequest.make(target.method)(`${base}${request.path}`).pipe(
      HttpClientRequest.setHeaders({ ...request.headers, ...own }),
      request.body === null ? (plain) => plain : HttpClientRequest.bodyText(request.body, "application/json")
    )
  )
  const type = response.headers["content-type"] ?? ""
  // A stream has no end.
  const text = type.startsWith("text/event-stream") ? "" : yield* response.text
  const body = type.startsWith("application/json") ? yield* Schema.decode(Json)(text) : null
  return { status: response.status, type, text, body }
}, Effect.scoped)

const tagOf = (body: unknown) => (typeof body === "object" && body !== null && "_tag" in body ? String(body._tag) : "")

const house = House.shared({ agents: { Ada: "Ada builds clocks.", Bo: "Bo keeps bees." } })

layer(house, { excludeTestServices: true })("Fuzz", (it) => {
  it.effect(
    "whatever is sent to a route, it answers as the document says, at once, and never with a fault of ours",
    () =>
      Effect.gen(function* () {
        const runtime = yield* Effect.runtime<
          Effect.Effect.Context<ReturnType<typeof ask>> | Effect.Effect.Context<typeof setup>
        >()
        for (const target of targets) {
          const ids = yield* setup
          const promised = promisesOf(target)
          const clients = yield* callers
          const keeps = fc.asyncProperty(target.requests(ids), fc.constantFrom(...who), (request, caller) =>
            Runtime.runPromise(runtime)(
              Effect.gen(function* () {
                const { body, status, text, type } = yield* Effect.timeout(
                  ask(target, request, clients[caller]),
                  "5 seconds"
                )
                const broken = strayed.has(tagOf(body)) ? null : promised(status, type, body)
                if (broken !== null) return yield* Effect.dieMessage(`${target.name} ${broken}\n${text.slice(0, 500)}`)
                if (status >= 500) return yield* Effect.dieMessage(`${target.name} answers ${status}\n${text}`)
                if (status >= 400 && inside.test(text)) return yield* Effect.dieMessage(`${target.name} tells\n${text}`)
              })
            )
          )
          yield* Effect.promise(() => fc.assert(keeps, { numRuns: runs, seed: 1, interruptAfterTimeLimit: 20_000 }))
        }
      }),
    60_000
  )
})
