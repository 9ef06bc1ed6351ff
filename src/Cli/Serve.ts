import { Command } from "@effect/cli"
import { Layer } from "effect"
import * as DataDir from "../DataDir.ts"
import * as Parley from "../Parley.ts"
import { Providers } from "../Providers.ts"
import { Settings } from "../Settings.ts"

export const serve = Layer.launch(
  Parley.layer.pipe(Layer.provide(Providers.layer), Layer.provide(DataDir.layer), Layer.provide(Settings.layer))
)

export const command = Command.make("serve", {}, () => serve).pipe(
  Command.withDescription("Serve until a signal ends it; the same as no command")
)
