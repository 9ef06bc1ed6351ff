import { HttpApiBuilder, HttpMiddleware, HttpRouter } from "@effect/platform"
// By their own paths: the root of the package brings an HTTP client of 1 MB along.
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Duration, Effect, Layer, Schedule } from "effect"
import * as AdminHttp from "../features/Operations/Admin/Http.ts"
import * as AgentsHttp from "../features/Agents/Http.ts"
import { Api } from "../features/Api.ts"
import * as AttachmentsHttp from "../features/Attachments/Http.ts"
import * as AuthHttp from "../features/Auth/Http.ts"
import { Credentials } from "../features/Credentials.ts"
import { Closing } from "../process/Closing.ts"
import * as DebugHttp from "../features/Operations/Debug/Http.ts"
import * as DocumentsHttp from "../features/Documents/Http.ts"
import * as Docs from "./Docs.ts"
import { bounded } from "./Body.ts"
import { called } from "./Called.ts"
import { explained } from "./Failure.ts"
import { settled } from "./Head.ts"
import { guarded } from "./Hosts.ts"
import { inTurn } from "./InTurn.ts"
import { maxHeaderSize, NodeServer } from "./NodeServer.ts"
import { exposedHeaders, Origins } from "../features/Origins.ts"
import { revalidated } from "./Revalidate.ts"
import * as Straight from "./Straight.ts"
import { traced } from "./Trace.ts"
import * as Web from "./Web.ts"
import * as FastPath from "./FastPath.ts"
import * as LimitsHttp from "../features/RateLimits/Http.ts"
import { RateLimits } from "../features/RateLimits.ts"
import * as MessagesHttp from "../features/Messages/Http.ts"
import * as RoomsHttp from "../features/Rooms/Http.ts"
import * as StreamHttp from "../features/RoomStream/Http.ts"
import { RoomStream } from "../features/RoomStream.ts"
import * as RoundsHttp from "../features/Rounds/Http.ts"
import * as SearchHttp from "../features/Search/Http.ts"
import { Settings } from "../process/Settings.ts"
import * as SystemHttp from "../features/Operations/System/Http.ts"
import * as TranscriptsHttp from "../features/Operations/ClaudeSessions/Http.ts"

const api = HttpApiBuilder.api(Api).pipe(
  Layer.provide([
    AuthHttp.layer,
    RoomsHttp.layer,
    StreamHttp.layer.pipe(Layer.provide(RoomStream.layer)),
    MessagesHttp.layer,
    SearchHttp.layer,
    AttachmentsHttp.layer,
    DocumentsHttp.layer,
    RoundsHttp.layer,
    AgentsHttp.layer,
    AdminHttp.layer,
    DebugHttp.layer,
    TranscriptsHttp.layer,
    SystemHttp.layer
  ]),
  Layer.provide([
    AuthHttp.authenticated,
    SystemHttp.scraping,
    AttachmentsHttp.viewing,
    StreamHttp.reading,
    LimitsHttp.layer
  ])
)

// Built last, so torn down first: requests in flight end while every service is still up.
const drain = Layer.scopedDiscard(
  Effect.gen(function* () {
    const node = yield* NodeServer
    const closing = yield* Closing
    const { SHUTDOWN_SECONDS } = yield* Settings
    const closed = Effect.async<void>((resume) => {
      node.close(() => resume(Effect.void))
    })
    const hurry = Effect.sync(() => node.closeIdleConnections()).pipe(Effect.repeat(Schedule.spaced("50 millis")))
    yield* Effect.addFinalizer(() =>
      closing.begin.pipe(
        Effect.zipRight(Effect.raceFirst(closed, hurry)),
        // A finalizer is uninterruptible, and a time limit in it would never fire.
        Effect.interruptible,
        Effect.timeoutTo({
          duration: Duration.seconds(SHUTDOWN_SECONDS),
          onSuccess: () => {},
          onTimeout: () => node.closeAllConnections()
        })
      )
    )
  })
)

/** Connections that may wait to be taken: when all readers come back at once, none is to be turned away. */
const backlog = 4096

/** Routes, documents and page, behind the same edge. The port opens when all of it stands: nobody knocks in vain. */
const app = Layer.unwrapScoped(
  Effect.gen(function* () {
    const settings = yield* Settings
    const node = yield* NodeServer
    const { isAllowed } = yield* Origins
    const cors = HttpMiddleware.cors({
      allowedOrigins: isAllowed,
      credentials: true,
      allowedMethods: ["GET", "POST", "PATCH", "DELETE", "OPTIONS"],
      exposedHeaders
    })
    const routes = yield* HttpApiBuilder.httpApp
    const handler = yield* NodeHttpServer.makeHandler(
      traced(explained(guarded(settings)(cors(called(bounded(settings)(revalidated(routes)))))))
    )
    const straight = yield* Straight.make(handler)
    const listener = settled(yield* FastPath.make(yield* inTurn(straight)))
    yield* Effect.acquireRelease(
      Effect.sync(() => node.on("request", listener)),
      () => Effect.sync(() => node.off("request", listener))
    )
    return NodeHttpServer.layerServer(() => node, { host: settings.HOST, port: settings.PORT, backlog })
  })
).pipe(
  Layer.provide([Web.layer, Docs.layer]),
  Layer.provide(api),
  Layer.provide([Credentials.layer, RateLimits.layer]),
  Layer.provide(Origins.layer),
  Layer.provide([HttpApiBuilder.Router.Live, HttpApiBuilder.Middleware.layer]),
  Layer.provide(NodeHttpServer.layerContext),
  Layer.locally(HttpMiddleware.currentTracerDisabledWhen, () => true),
  // What a parameter may be, its schema says: the router would know nothing of a path with a longer one.
  Layer.locally(HttpRouter.currentRouterConfig, { maxParamLength: maxHeaderSize })
)

/** Serves on the settings' address; on the way out what runs may end within the time allowed. */
export const layer = drain.pipe(Layer.provideMerge(app), Layer.provide(NodeServer.layer))
