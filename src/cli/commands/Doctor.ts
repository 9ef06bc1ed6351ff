import { Command, Options } from "@effect/cli"
import { FetchHttpClient } from "@effect/platform"
import { Console, Data, Effect, Either, Layer, Option, Stream } from "effect"
import { isHeld } from "../../process/DataDir.ts"
import { Broken, examine, type Finding } from "../Doctor.ts"
import { Personas } from "../../personas/Personas.ts"
import { Settings } from "../../process/Settings.ts"
import * as Connection from "../Connection.ts"

/** The list above it has said what is broken. */
export class Unwell extends Data.TaggedError("Unwell")<{ readonly broken: number }> {
  override get message() {
    return `${this.broken} of these must be mended`
  }
}

const marks = { Fine: "ok  ", Doubtful: "look", Broken: "FAIL" } as const

const line = ({ _tag, about, words }: Finding) => `${marks[_tag]}  ${about.padEnd(13)}  ${words}`

const personas = Layer.unwrapEffect(
  Effect.map(Settings, ({ AGENTS_DIR, RECALL_MEMORY_FILE }) =>
    Personas.layer({ agentsDir: AGENTS_DIR, recallMemoryFile: RECALL_MEMORY_FILE })
  )
)

/** Why nothing could be asked of the server: its own words, or those of the secrets that would let us in. */
const unreached = ({ message }: Error) => Broken({ about: "server", words: message })

const look = Effect.fnUntraced(function* (wanted: Connection.Wanted, tries: boolean) {
  const isAsked = wanted.url._tag === "Some" || (yield* isHeld)
  const connection = yield* Effect.when(Effect.either(Connection.connect(wanted)), () => isAsked)
  const refused = Option.flatMap(connection, Either.getLeft)
  const broken = yield* examine(Option.flatMap(connection, Either.getRight), tries).pipe(
    Stream.concat(Stream.fromIterable(Option.toArray(Option.map(refused, unreached)))),
    Stream.tap((finding) => Console.log(line(finding))),
    Stream.filter(({ _tag }) => _tag === "Broken"),
    Stream.runCount
  )
  if (broken > 0) return yield* new Unwell({ broken })
})

const tries = Options.boolean("try").pipe(
  Options.withDescription("ask each model of the settings one short question, which costs a few tokens")
)

export const command = Command.make("doctor", { ...Connection.options, tries }, ({ tries, ...wanted }) =>
  look(wanted, tries).pipe(Effect.provide([personas.pipe(Layer.provideMerge(Settings.layer)), FetchHttpClient.layer]))
).pipe(
  Command.withDescription(
    "Look at what a server needs: folders, permissions, database, agents, clock, keys, processes left behind; with --url also whether streams come through what stands before the server"
  )
)
