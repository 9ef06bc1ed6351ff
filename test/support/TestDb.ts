import { Layer } from "effect"
import * as Db from "../../src/Db.ts"
import { Settings } from "../../src/Settings.ts"
import { WriteQueue } from "../../src/WriteQueue.ts"

/** The migrated database in memory and its queue. */
export const layer = (settings: Readonly<Record<string, string>> = {}) =>
  WriteQueue.layer.pipe(Layer.provideMerge(Db.layerTest), Layer.provideMerge(Layer.orDie(Settings.layerFrom(settings))))
