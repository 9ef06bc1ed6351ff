import { Layer } from "effect"
import * as DataDir from "../../process/DataDir.ts"
import * as Parley from "../../Parley.ts"
import { Providers } from "../../models/Providers.ts"
import { Settings } from "../../process/Settings.ts"

export const serve = Layer.launch(
  Parley.layer.pipe(Layer.provide(Providers.layer), Layer.provide(DataDir.layer), Layer.provide(Settings.layer))
)
