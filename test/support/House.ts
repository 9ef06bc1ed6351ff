import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { type Array, Effect, Layer } from "effect"
import type { Provider } from "../../src/domain/Provider.ts"
import * as Parley from "../../src/Parley.ts"
import { Providers } from "../../src/models/Providers.ts"
import { Settings } from "../../src/process/Settings.ts"
import * as Puppet from "./Puppet.ts"

/** Agents by name: what they are in a nutshell; after a line `---`, their configuration. */
export type Folk = Readonly<Record<string, string>>

/** Folders of a house: its data and its agents, gone with the scope. */
export const folders = (agents: Folk) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const root = yield* fs.makeTempDirectoryScoped({ prefix: "parley-" })
    const agentsDir = path.join(root, "agents")
    yield* Effect.forEach(Object.entries(agents), ([name, about]) => {
      const folder = path.join(agentsDir, name)
      const [nutshell = "", config = ""] = about.split("\n---\n")
      return fs
        .makeDirectory(folder, { recursive: true })
        .pipe(
          Effect.zipRight(fs.writeFileString(path.join(folder, "in_a_nutshell.md"), nutshell)),
          Effect.zipRight(fs.writeFileString(path.join(folder, "agent_config.yaml"), config))
        )
    })
    yield* fs.makeDirectory(agentsDir, { recursive: true })
    return { DATA_DIR: path.join(root, "data"), AGENTS_DIR: agentsDir }
  }).pipe(Effect.orDie)

/** The passwords are "admin" and "guest", hashed at bcrypt's lowest cost. */
const quiet = {
  PORT: "0",
  LOG_LEVEL: "error",
  LOG_FORMAT: "json",
  SHUTDOWN_SECONDS: "2",
  RATE_LIMITS: "false",
  API_KEY_HASH: "$2b$04$7yL1i2oFskF1V8hyYYdoPuJOedn8fgyjJY2XrQUFML6tnb0kZ4zBi",
  GUEST_PASSWORD_HASH: "$2b$04$j4p7pj2hd1Wn9xfKKlJpBuLTfleT45KyV6WKeDpHHKFRFCshtgnY6"
}

export interface HouseOptions {
  readonly settings: Readonly<Record<string, string>>
  readonly providers: Array.NonEmptyReadonlyArray<Provider>
}

const house = <E>(
  providers: Layer.Layer<Providers, E, Settings | NodeContext.NodeContext>,
  settings: HouseOptions["settings"]
) =>
  Parley.layer.pipe(
    Layer.provide(providers),
    Layer.provide(Settings.layerFrom({ ...quiet, ...settings })),
    Layer.provideMerge(NodeContext.layer),
    Layer.provideMerge(NodeHttpClient.layer),
    Layer.orDie
  )

/** The whole server on a free port of loopback, with its real layers; only the providers are the test's. */
export const layer = ({ providers: [first, ...rest], settings }: HouseOptions) =>
  house(Providers.layerOf(first, ...rest), settings)

/** The same with the providers that the settings configure. */
export const layerWhole = (settings: HouseOptions["settings"]) => house(Providers.layer, settings)

interface Neighbourhood {
  readonly agents?: Folk
  readonly settings?: HouseOptions["settings"]
  readonly providers?: HouseOptions["providers"]
}

/** A house with folders of its own, for all tests of a file; without providers its agents have nothing to say. */
export const shared = ({ agents = {}, providers = [silent], settings = {} }: Neighbourhood = {}) =>
  Layer.unwrapScoped(
    Effect.map(folders(agents), (own) => layer({ settings: { ...own, ...settings }, providers }))
  ).pipe(Layer.provide(NodeContext.layer))

const silent = Puppet.make({ act: Puppet.skip }).provider
