import { Layer } from "effect"
import * as Db from "../../src/store/Db.ts"
import { Closing } from "../../src/process/Closing.ts"
import { Settings } from "../../src/process/Settings.ts"
import { WriteQueue } from "../../src/store/WriteQueue.ts"

/** The migrated database in memory and its queue. */
export const layer = (settings: Readonly<Record<string, string>> = {}) =>
  WriteQueue.layer.pipe(
    Layer.provide(Closing.layer),
    Layer.provideMerge(Db.layerTest),
    Layer.provideMerge(Layer.orDie(Settings.layerFrom(settings)))
  )
