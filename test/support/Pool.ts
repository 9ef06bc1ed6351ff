import { Context, Effect, Exit, Layer, Scope, Stream } from "effect"
import type { Priority, Session, SessionSpec } from "../../src/domain/Provider.ts"
import { type PoolOptions, SdkPool } from "../../src/models/SdkPool.ts"
import { told } from "./told.ts"
import * as Clients from "./Clients.ts"
import { turnOf } from "./turns.ts"

/** A pool over a vendor's clients that the test plays. */
export const make = (options: Partial<PoolOptions> = {}, script: Clients.Script = {}) =>
  Effect.gen(function* () {
    const world = Clients.make(script)
    const scope = yield* Scope.make()
    const layer = SdkPool.layer({
      capacity: 2,
      idleMs: 60_000,
      maxWaiting: 3,
      waitMs: 5000,
      connectMs: 2000,
      connections: 2,
      isRoomy: () => true,
      ...options
    })
    const pool = Context.get(yield* Layer.buildWithScope(layer, scope), SdkPool)
    const close = Scope.close(scope, Exit.void)
    yield* Effect.addFinalizer(() => close)

    const lease = (name: string, rest?: Partial<SessionSpec>, priority: Priority = "person") =>
      pool.lease(world.provider(), Clients.specFor(name, rest), priority)
    const prepare = (name: string, rest?: Partial<SessionSpec>) => {
      const spec = Clients.specFor(name, rest)
      return Effect.as(pool.prepare(world.provider(), spec), spec)
    }
    const touch = (name: string, rest?: Partial<SessionSpec>) => Effect.scoped(lease(name, rest))
    const hold = Effect.fnUntraced(function* (...names: ReadonlyArray<string>) {
      const scope = yield* Scope.make()
      for (const name of names) yield* Scope.extend(lease(name), scope)
      return { end: Scope.close(scope, Exit.void), fail: Scope.close(scope, Exit.fail("no")) }
    })
    return { ...world, pool, close, lease, prepare, touch, hold }
  })

/** Plays one turn; how it goes is the vendor's matter. */
export const speak = (how: Clients.Turn) => (session: Session) =>
  Stream.runDrain(turnOf(session, { ...told(how), callTool: () => Effect.dieMessage("no tools here") }))
