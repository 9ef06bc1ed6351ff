import type { CommandExecutor, FileSystem, HttpClient, Path } from "@effect/platform"
import { type Effect, Option, Stream } from "effect"
import type { Connection } from "./Connection.ts"
import { agents } from "./Doctor/Agents.ts"
import { backups } from "./Doctor/Backups.ts"
import { database } from "./Doctor/Database.ts"
import type { Finding } from "./Doctor/Finding.ts"
import { folder } from "./Doctor/Folder.ts"
import { processes } from "./Doctor/Processes.ts"
import { server } from "./Doctor/Server.ts"
import { clock, trials, vendors } from "./Doctor/Vendors.ts"
import type { Personas } from "../personas/Personas.ts"
import type { Settings } from "../process/Settings.ts"

export { Broken, type Finding } from "./Doctor/Finding.ts"

type Look = Effect.Effect<
  ReadonlyArray<Finding>,
  never,
  CommandExecutor.CommandExecutor | FileSystem.FileSystem | HttpClient.HttpClient | Path.Path | Personas | Settings
>

/**
 * Looks at all that a server needs, changes nothing, and says of each what it found. A server need not run. Models are
 * asked something only where `tries` says so.
 */
export const examine = (connection: Option.Option<Connection>, tries: boolean) =>
  Stream.fromIterable<Look>([
    folder,
    database,
    backups,
    agents,
    processes,
    clock,
    vendors(tries),
    ...(tries ? [trials] : []),
    ...Option.toArray(Option.map(connection, server))
  ]).pipe(
    Stream.mapEffect((look) => look),
    Stream.flattenIterables
  )
