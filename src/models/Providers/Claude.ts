import { Command } from "@effect/platform"
import { Effect } from "effect"
import { availableParallelism } from "node:os"
import type { Model, Provider } from "../../domain/Provider.ts"
import * as ModelTraits from "../../domain/ModelTraits.ts"
import * as Permits from "../../lib/permits.ts"
import * as Folders from "./Claude/Folders.ts"
import * as Processes from "./Claude/Processes.ts"
import type { ClaudeConfig, Client } from "./Claude/Options.ts"
import * as Record from "./Claude/Record.ts"
import * as Session from "./Claude/Session.ts"
import { hiding } from "./Secrets.ts"

/** The Claude Agent SDK: one process for each open session. Nothing of the SDK is loaded before the first one. */
export const make = Effect.fnUntraced(function* (config: ClaudeConfig) {
  const folders = yield* Folders.make(config.dataDir)
  const configured: Model = { id: config.model, name: config.model }
  let models = [configured]
  let program: string | null = null
  // Swept also where nothing is entered: an earlier server may have run without what its successor finds.
  const processes = yield* Processes.make(folders.processes)
  const launcher = config.launcher ?? (yield* findLauncher)
  const client: Client = {
    ...config,
    folders,
    beginningOf: yield* Record.beginnings(folders.config),
    launcher,
    processes: launcher === pdeathsig ? Processes.none : processes,
    program: () => program,
    found: (path) => {
      program = path
    },
    learn: (listed) => {
      models = [configured, ...listed.filter(({ id }) => id !== configured.id)]
    },
    traits: ModelTraits.make(),
    hide: hiding(config)
  }
  const starts = Permits.make(config.startsAtOnce ?? availableParallelism())
  return {
    name: "claude",
    isModel: true,
    takesImages: true,
    defaultModel: config.model,
    remembers: true,
    takes: "process",
    traits: client.traits,
    models: Effect.sync(() => models),
    open: (spec) => starts.with(Session.open(client, spec))
  } satisfies Provider
})

const pdeathsig = ["setpriv", "--pdeathsig", "KILL", "--"] as const

/** Where the kernel can do it, a process dies with the server, even when the server is killed. */
const findLauncher = Command.exitCode(Command.make(...pdeathsig, "true")).pipe(
  Effect.map((code): ReadonlyArray<string> => (code === 0 ? pdeathsig : [])),
  Effect.orElseSucceed((): ReadonlyArray<string> => [])
)
