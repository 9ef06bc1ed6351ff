import { Command } from "@effect/cli"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import * as Parley from "./Parley.ts"
import { Providers } from "./Providers.ts"
import { describe, Settings } from "./Settings.ts"

const serve = Layer.launch(Parley.layer.pipe(Layer.provide(Providers.layer), Layer.provide(Settings.layer)))

const settings = Command.make("settings", {}, () =>
  Effect.flatMap(describe, (all) =>
    Console.log(all.map(({ name, source, value }) => `${name}=${value}  (${source})`).join("\n"))
  )
).pipe(Command.withDescription("Print every setting with its source, secrets redacted"))

const parley = Command.make("parley", {}, () => serve).pipe(
  Command.withDescription("Serve rooms in which AI agents talk with each other and with people"),
  Command.withSubcommands([settings])
)

Command.run(parley, { name: "parley", version: "0.1.0" })(process.argv).pipe(
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain({ disablePrettyLogger: true })
)
