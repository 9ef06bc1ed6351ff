import { Command, FileSystem } from "@effect/platform"
import { Effect } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { existsSync } from "node:fs"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { dirname } from "node:path"
import { stringify } from "../../src/lib/json.ts"
import { home, repository, run } from "./Process.ts"

const places = ["/usr/bin/nix", "/nix/var/nix/profiles/default/bin/nix", "/run/current-system/sw/bin/nix"]
const nix = places.find((place) => existsSync(place))

/** Why Nix cannot be used here; empty where it can. */
export const whyNoNix = nix === undefined ? "skipped: no Nix was found" : ""

const path = `${dirname(process.execPath)}:/usr/bin:/bin:/run/current-system/sw/bin`

const inputs = [
  ".config",
  ".npmrc",
  "agents",
  "flake.lock",
  "flake.nix",
  "package-lock.json",
  "package.json",
  "src",
  "tsconfig.json"
]

/** The flake with a nixpkgs of this machine's programs, a store of its own and no network; all goes with the scope. */
export const make = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const folder = yield* home
  // What is in a store may not be written to, and so not be removed.
  yield* Effect.addFinalizer(() => Effect.ignore(Command.exitCode(Command.make("chmod", "-R", "u+w", folder))))
  const [flake, nixpkgs, cwd] = [`${folder}/flake`, `${folder}/nixpkgs`, `${folder}/cwd`]
  for (const name of [flake, cwd]) yield* fs.makeDirectory(name)
  for (const name of inputs) yield* fs.copy(`${repository}/${name}`, `${flake}/${name}`)
  yield* fs.copy(`${repository}/test/support/nixpkgs`, nixpkgs)
  const modules = yield* fs.realPath(`${repository}/node_modules`)
  yield* fs.writeFileString(`${nixpkgs}/host.json`, stringify({ modules, node: process.execPath, path }))

  const env = {
    HOME: folder,
    NIX_CONF_DIR: `${folder}/conf`,
    NIX_CONFIG: "build-users-group =\nsandbox = false\nsubstituters =\nexperimental-features = nix-command flakes",
    NIX_LOG_DIR: `${folder}/log`,
    NIX_STATE_DIR: `${folder}/state`,
    NIX_STORE_DIR: `${folder}/store`,
    PATH: path
  }
  const stub = ["--override-input", "nixpkgs", `path:${nixpkgs}`, "--no-write-lock-file"]
  const start = (args: ReadonlyArray<string>, settings: Readonly<Record<string, string>> = {}) =>
    run({ command: nix ?? "nix", args, cwd, env: { ...env, ...settings } })
  return { cwd, flake: `path:${flake}`, start, stub }
})
