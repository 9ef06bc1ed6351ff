import { Command, FileSystem } from "@effect/platform"
import { Config, Effect, Either, Stream } from "effect"

/** A program that the tests use and that is no dependency: made once, and kept in the user's cache. */
interface Tool {
  /** With its version. */
  readonly name: string
  /** How long it may take to make it. */
  readonly patience?: `${number} minutes`
  /** What makes it, in an empty folder of its own, one command after the other. */
  readonly steps: (folder: string) => ReadonlyArray<readonly [program: string, ...args: ReadonlyArray<string>]>
}

const cache = Config.string("XDG_CACHE_HOME").pipe(
  Config.orElse(() => Config.map(Config.string("HOME"), (home) => `${home}/.cache`))
)

// The runner keeps to itself what is logged while it looks for tests.
const tell = (line: string) => Effect.sync(() => void process.stderr.write(`${line}\n`))

const lastOf = (text: string) => text.trimEnd().split("\n").at(-1)

/** Carries out one step; fails with the last line that it wrote. */
const carriedOut = Effect.fn(function* (
  [program, ...args]: readonly [string, ...ReadonlyArray<string>],
  folder: string
) {
  const { exitCode, stderr, stdout } = yield* Command.start(
    Command.make(program, ...args).pipe(Command.workingDirectory(folder))
  ).pipe(Effect.mapError(() => `no ${program} was found`))
  const written = Stream.merge(stdout, stderr).pipe(
    Stream.decodeText(),
    Stream.runFold("", (read, piece) => `${read}${piece}`.slice(-4096))
  )
  const [code, text] = yield* Effect.all([exitCode, written], { concurrency: 2 }).pipe(
    Effect.mapError(() => `${program} broke`)
  )
  if (code !== 0) return yield* Effect.fail(`${program} said: ${lastOf(text)}`)
}, Effect.scoped)

/** A package of PyPI, with the extra that is named, in an environment of its own. */
export const ofPython = (name: string, version: string, extra = ""): Tool => ({
  name: `${name}-${version}`,
  steps: (folder) => [
    ["python3", "-m", "venv", folder],
    [`${folder}/bin/pip`, "install", "--disable-pip-version-check", `${name}${extra}==${version}`]
  ]
})

/** Where the tool is, or why it cannot be had here. */
export const had = ({ name, patience = "20 minutes", steps }: Tool) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = `${yield* cache}/parley/${name}`
    // Written last: what was broken off is made anew.
    const mark = `${folder}/complete`
    if (yield* fs.exists(mark)) return folder
    yield* tell(`making ${name} in ${folder}, once`)
    yield* fs.remove(folder, { recursive: true, force: true })
    yield* fs.makeDirectory(folder, { recursive: true })
    yield* Effect.forEach(steps(folder), (step) => carriedOut(step, folder), { discard: true })
    yield* fs.writeFileString(mark, "")
    return folder
  }).pipe(
    Effect.timeoutFail({ duration: patience, onTimeout: () => `it was not made in ${patience}` }),
    Effect.mapError(
      (reason) => `skipped, for ${name} cannot be made: ${typeof reason === "string" ? reason : reason.message}`
    ),
    Effect.tapError(tell),
    Effect.either
  )

/** What a suite that needs the tool adds to its name: nothing where the tool is there. */
export const whyNot = Either.match({ onLeft: (why: string) => ` (${why})`, onRight: () => "" })
