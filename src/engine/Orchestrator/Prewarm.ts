import { Effect, FiberSet, Option } from "effect"
import type { Priority } from "../../domain/Provider.ts"
import type { RoomId } from "../../domain/RoomId.ts"
import type { Speaker } from "../../domain/Round.ts"
import { Providers } from "../../models/Providers.ts"
import { SdkPool } from "../../models/SdkPool.ts"
import type { Briefs } from "./Briefs.ts"
import type { TurnSettings } from "./TurnSetting.ts"
import { broke } from "../../lib/broke.ts"

interface Scene {
  readonly roomId: RoomId
  readonly next: ReadonlyArray<Speaker>
  readonly priority: Priority
}

/** A process takes half a second to start: that of the next speaker starts while another speaks. */
export interface Prewarm {
  /** Begins to open the clients of those who come next; nothing depends on whether that works. */
  readonly prepare: (scene: Scene) => void
}

export const make = Effect.fnUntraced(function* ({
  briefs,
  turnSettings
}: {
  readonly briefs: Briefs
  readonly turnSettings: TurnSettings
}) {
  const pool = yield* SdkPool
  const isOfUse = (yield* Providers).all.some(({ takes }) => takes === "process")
  const background = yield* FiberSet.makeRuntime<never>()

  const open = Effect.fnUntraced(function* ({ priority, roomId }: Scene, speaker: Speaker) {
    const setting = yield* turnSettings.find({
      roomId,
      speaker,
      priority,
      horizon: Number.MAX_SAFE_INTEGER,
      occasion: "news"
    })
    if (Option.isNone(setting) || setting.value.provider.takes !== "process") return
    yield* pool.prepare(setting.value.provider, yield* briefs.spec(setting.value))
  })

  return {
    prepare: (scene) => {
      if (scene.next.length === 0 || !isOfUse) return
      const all = Effect.forEach(scene.next, (speaker) => open(scene, speaker), { discard: true })
      background(Effect.catchAllCause(all, (cause) => broke("pool", "a client could not be prepared", cause)))
    }
  } satisfies Prewarm
})
