import { FileSystem } from "@effect/platform"
import { Array, Context, Data, Effect, Either, Layer, Option, ParseResult, Schema, Struct } from "effect"
import { parseEnv } from "node:util"
import { strangers } from "../domain/Endpoint.ts"
import { about, LiveValues, type SettingChange, type SettingName, SettingsValues, show } from "../domain/Settings.ts"

/** What was decoded at the start; nothing else reads the environment. */
export class Settings extends Context.Tag("parley/process/Settings")<
  Settings,
  Omit<SettingsValues, keyof LiveValues>
>() {
  /** From the environment and the file `.env`, whose values give way to it. */
  static readonly layer = Layer.unwrapEffect(
    Effect.map(FileSystem.FileSystem, (fs) =>
      layerOf(
        Effect.provideService(
          Effect.map(sources, ({ raw }) => raw),
          FileSystem.FileSystem,
          fs
        )
      )
    )
  )

  /** From the given record alone, for tests and benchmarks. */
  static readonly layerFrom = (raw: Raw) => layerOf(Effect.succeed(raw))
}

/** The settings that can change while the server runs. */
export class LiveSettings extends Context.Tag("parley/process/Settings/LiveSettings")<
  LiveSettings,
  {
    /** To be asked anew each time. */
    readonly current: () => LiveValues
    /** Reads the sources again and takes over what can change. Bad values change nothing. */
    readonly reload: Effect.Effect<ReadonlyArray<SettingChange>, SettingsInvalid>
  }
>() {}

/** Lists every bad value at once. */
export class SettingsInvalid extends Data.TaggedError("SettingsInvalid")<{ readonly problems: ReadonlyArray<string> }> {
  override get message() {
    return ["the settings cannot be used:", ...this.problems.map((problem) => `  ${problem}`)].join("\n")
  }
}

type Raw = Readonly<Record<string, string>>

const names = Struct.keys(SettingsValues.fields)
const isLive = (name: SettingName) => name in LiveValues.fields

const layerOf = (raw: Effect.Effect<Raw>) =>
  Layer.effectContext(
    Effect.gen(function* () {
      const read = Effect.flatMap(raw, decode)
      const start = yield* read
      let current = start
      const reload = Effect.flatMap(read, (found) => {
        const before = current
        // Another password is made only at a start, which can tell it.
        if (Option.isSome(before.API_KEY_HASH) && Option.isNone(found.API_KEY_HASH)) {
          return new SettingsInvalid({ problems: ["API_KEY_HASH: can be taken away only by a restart"] })
        }
        current = found
        return Effect.succeed(names.flatMap((name) => changeOf(name, isLive(name) ? before : start, found)))
      })
      return Context.make(Settings, start).pipe(Context.add(LiveSettings, { current: () => current, reload }))
    })
  )

const encode = Schema.encodeSync(SettingsValues)

const changeOf = (name: SettingName, before: SettingsValues, now: SettingsValues): ReadonlyArray<SettingChange> =>
  encode(before)[name] === encode(now)[name]
    ? []
    : [{ name, from: show(before[name]), to: show(now[name]), applied: isLive(name) }]

/** `OPENAI_ENDPOINTS, item 2, url` */
const placeOf = (path: ReadonlyArray<PropertyKey>) =>
  path.map((step) => (typeof step === "number" ? `item ${step + 1}` : String(step))).join(", ")

const problemsIn = (error: ParseResult.ParseError) =>
  Array.dedupeWith(
    ParseResult.ArrayFormatter.formatErrorSync(error),
    (one, other) => one.path[0] === other.path[0]
  ).map(({ message, path }) => `${placeOf(path)}: ${message}`)

const readNames = Schema.decodeUnknownOption(
  SettingsValues.pick("DEFAULT_PROVIDER", "OPENAI_ENDPOINTS", "PROVIDER_ALIASES")
)

const decode = (raw: Raw) => {
  const unknown = Option.match(readNames(raw), { onNone: () => [], onSome: strangers })
  return Either.match(Schema.decodeUnknownEither(SettingsValues, { errors: "all" })(raw), {
    onLeft: (error) => new SettingsInvalid({ problems: [...problemsIn(error), ...unknown] }),
    onRight: (values) => (unknown.length > 0 ? new SettingsInvalid({ problems: unknown }) : Effect.succeed(values))
  })
}

const known = (record: Readonly<Record<string, string | undefined>>): Raw => {
  const upper = new Map(Object.entries(record).map(([name, value]) => [name.toUpperCase(), value]))
  return Object.fromEntries(names.flatMap((name) => (upper.get(name) ? [[name, upper.get(name) ?? ""]] : [])))
}

const sources = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.orElseSucceed(fs.readFileString(".env"), () => "")
  const environment = known(process.env)
  const file = known(parseEnv(text))
  return { environment, file, raw: { ...file, ...environment } }
})

/** A table of every setting: its value (secrets redacted), where it comes from, what it is for. */
export const describe = Effect.gen(function* () {
  const found = yield* sources
  const values = yield* decode(found.raw)
  const sourceOf = (name: SettingName) =>
    name in found.environment ? "environment" : name in found.file ? ".env" : "default"
  // What programs are found by is the shell's own, and is no setting of this house.
  const rows = names
    .filter((name) => name !== "PATH")
    .map((name) => ({ name, value: show(values[name]), source: sourceOf(name) }))
  const widest = (column: keyof (typeof rows)[number]) =>
    Math.max(...rows.map((row) => row[column].length).filter((length) => length <= 40))
  const [first, second, third] = [widest("name"), widest("value"), widest("source")]
  return rows
    .map(({ name, source, value }) =>
      [name.padEnd(first), value.padEnd(second), source.padEnd(third), about.get(name)].join("  ")
    )
    .join("\n")
})
