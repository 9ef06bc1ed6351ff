import { Context, Effect, FiberSet, Layer, Option } from "effect"
import type { Priority } from "../../domain/Provider.ts"
import type { RoomId } from "../../domain/RoomId.ts"
import type { Speaker } from "../../domain/Round.ts"
import { SdkPool } from "../../models/SdkPool.ts"
import { Briefs } from "./Brief.ts"
import { Stands } from "./Stand.ts"
import { broke } from "../../lib/broke.ts"

interface Scene {
  readonly roomId: RoomId
  readonly next: ReadonlyArray<Speaker>
  readonly priority: Priority
}

/** A process takes half a second to start: that of the next speaker starts while another speaks. */
export class Ahead extends Context.Tag("parley/engine/Orchestrator/Ahead")<
  Ahead,
  {
    /** Begins to open the clients of those who come next; nothing depends on whether that works. */
    readonly prepare: (scene: Scene) => Effect.Effect<void>
  }
>() {
  static readonly layer = Layer.scoped(
    this,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const stands = yield* Stands
  const briefs = yield* Briefs
  const pool = yield* SdkPool
  const background = yield* FiberSet.makeRuntime<never>()

  const open = Effect.fnUntraced(function* ({ priority, roomId }: Scene, speaker: Speaker) {
    const stand = yield* stands.find({ roomId, speaker, priority, horizon: Number.MAX_SAFE_INTEGER, occasion: "news" })
    if (Option.isNone(stand) || stand.value.provider.takes !== "process") return
    yield* pool.prepare(stand.value.provider, yield* briefs.spec(stand.value))
  })

  return Ahead.of({
    prepare: (scene) =>
      Effect.sync(() => {
        const all = Effect.forEach(scene.next, (speaker) => open(scene, speaker), { discard: true })
        background(Effect.catchAllCause(all, (cause) => broke("pool", "a client could not be prepared", cause)))
      })
  })
})
