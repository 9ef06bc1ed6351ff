import { Command, Options } from "@effect/cli"
import { FileSystem, Path } from "@effect/platform"
import { Clock, Console, Data, Duration, Effect, Option, Schema, Stream } from "effect"
import { namesOf, shownName, shownSpeaker } from "../../domain/ShownName.ts"
import { Settings } from "../../process/Settings.ts"
import * as Connection from "../Connection.ts"
import { transcript } from "./Simulate/Transcript.ts"
import { printable } from "../Speaker.ts"

export class AgentsUnknown extends Data.TaggedError("AgentsUnknown")<{
  readonly names: ReadonlyArray<string>
  readonly known: ReadonlyArray<string>
}> {
  override get message() {
    return `there is no agent ${this.names.join(", ")}; there are ${this.known.join(", ")}`
  }
}

const whole = (min: number, max: number) => Schema.Int.pipe(Schema.between(min, max))

const options = {
  ...Connection.options,
  scenario: Options.text("scenario").pipe(
    Options.withAlias("s"),
    Options.withDescription("what the agents find themselves in")
  ),
  agents: Options.text("agents").pipe(
    Options.withAlias("a"),
    Options.map((list) => list.split(",").flatMap((name) => name.trim() || [])),
    Options.withDescription("who takes part, by name, with commas between")
  ),
  room: Options.text("room").pipe(
    Options.withAlias("r"),
    Options.optional,
    Options.withDescription("name of the room; Simulation_<seconds> when left out")
  ),
  limit: Options.integer("max-interactions").pipe(
    Options.withAlias("m"),
    Options.withSchema(whole(1, 999)),
    Options.withDefault(20),
    Options.withDescription("replies after which it ends")
  ),
  output: Options.text("output").pipe(
    Options.withAlias("o"),
    Options.optional,
    Options.withDescription(
      "file of the transcript; the first chatroom_<n>.txt of the folder that is free when left out"
    )
  ),
  folder: Options.text("folder").pipe(
    Options.withDefault("transcripts"),
    Options.withDescription("where transcripts go that --output does not name; made when it is not there")
  ),
  keep: Options.boolean("keep").pipe(Options.withDescription("leave the rooms in the list when the run is over")),
  variants: Options.integer("variants").pipe(
    Options.withAlias("v"),
    Options.withSchema(whole(1, 100)),
    Options.withDefault(1),
    Options.withDescription("how many rooms play the same at the same time, a transcript each")
  ),
  seconds: Options.integer("timeout").pipe(
    Options.withSchema(whole(1, 86_400)),
    Options.withDefault(1200),
    Options.withDescription("seconds after which what was said is written down, ended or not")
  ),
  noThinking: Options.boolean("no-thinking").pipe(Options.withDescription("leave out what the agents thought"))
}

type Wanted = Command.Command.ParseConfig<typeof options>

/** Another round would end as this one did. */
const final: ReadonlySet<string> = new Set([
  "max_interactions",
  "budget",
  "paused",
  "provider_unavailable",
  "no_agents",
  "nobody_mentioned"
])

/** The most that a room takes for one trigger: the scenario is the only one. */
const mostPasses = 100

const numbered = (output: string, variants: number) =>
  Effect.map(Path.Path, (path) => {
    const { dir, ext, name } = path.parse(output)
    return Array.from({ length: variants }, (_, at) =>
      variants === 1 ? output : path.join(dir, `${name}_${at + 1}${ext}`)
    )
  })

const free = Effect.fnUntraced(function* (folder: string, variants: number) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  yield* fs.makeDirectory(folder, { recursive: true })
  const taken = new Set(yield* fs.readDirectory(folder))
  const files: Array<string> = []
  for (let number = 1; files.length < variants; number++) {
    const file = `chatroom_${number}.txt`
    if (!taken.has(file)) files.push(path.join(folder, file))
  }
  return files
})

const simulate = Effect.fnUntraced(function* (wanted: Wanted) {
  const fs = yield* FileSystem.FileSystem
  const { ask, follow } = Connection.speak(yield* Connection.connect(wanted))
  const { USER_NAME } = yield* Settings
  const known = yield* ask(({ agents }) => agents.list())
  const idOf = new Map(known.toReversed().flatMap((agent) => namesOf(agent).map((name) => [name, agent.id])))
  const unknown = wanted.agents.filter((name) => !idOf.has(name))
  if (unknown.length > 0) return yield* new AgentsUnknown({ names: unknown, known: known.map(shownName) })
  const seconds = Math.floor((yield* Clock.currentTimeMillis) / 1000)
  const name = Option.getOrElse(wanted.room, () => `Simulation_${seconds}`)
  const files = yield* Option.match(wanted.output, {
    onNone: () => free(wanted.folder, wanted.variants),
    onSome: (output) => numbered(output, wanted.variants)
  })

  const play = Effect.fnUntraced(function* (file: string, at: number) {
    const title = files.length === 1 ? name : `${name} (${at + 1})`
    const { id } = yield* ask(({ rooms }) =>
      rooms.create({
        payload: {
          name: title,
          max_interactions: wanted.limit,
          max_messages: wanted.limit,
          max_follow_ups: mostPasses
        }
      })
    )
    const path = { room_id: id }
    const leave = ask(({ rooms }) => rooms.remove({ path })).pipe(
      Effect.catchAll(({ message }) => Console.error(`parley: ${title} stays in the list: ${message}`))
    )
    if (!wanted.keep) yield* Effect.addFinalizer(() => leave)
    const seat = (agent: string) =>
      ask(({ rooms }) => rooms.join({ path: { ...path, agent_id: idOf.get(agent) ?? 0 } }))
    yield* Effect.forEach(wanted.agents, seat, { discard: true })
    const events = yield* follow(id)
    yield* ask(({ messages }) =>
      messages.send({ path, payload: { content: wanted.scenario, participant_type: "situation_builder" } })
    )
    let replies = 0
    let before = 0
    /** Why the last round ended; none while another is asked for, which it is as long as one brings a reply. */
    const ended = Effect.fnUntraced(function* (why: string) {
      if (final.has(why) || replies >= wanted.limit || replies === before) return Option.some(why)
      before = replies
      yield* ask(({ rounds }) => rounds.goOn({ path }))
      return Option.none<string>()
    })
    const reason = yield* events.pipe(
      Stream.tap((event) =>
        event.type === "stream_end" && event.outcome === "replied"
          ? Console.error(`${title}: ${++replies}/${wanted.limit} ${printable(shownSpeaker(event))}`)
          : Effect.void
      ),
      Stream.mapEffect((event) =>
        event.type === "round_ended" ? ended(event.stop_reason) : Effect.succeed(Option.none<string>())
      ),
      Stream.filterMap((it) => it),
      Stream.runHead,
      Effect.timeoutTo({
        duration: Duration.seconds(wanted.seconds),
        onSuccess: Option.getOrElse(() => "lost"),
        onTimeout: () => "timeout"
      })
    )
    const said = yield* ask(({ messages }) => messages.list({ path, urlParams: { limit: 1000 } }))
    const head = { room: title, agents: wanted.agents, scenario: wanted.scenario, ended: reason, personName: USER_NAME }
    yield* fs.writeFileString(file, transcript(head, said, !wanted.noThinking))
    yield* Console.log(`${file}: ${replies} ${replies === 1 ? "reply" : "replies"}, ended by ${reason}`)
  }, Effect.scoped)

  yield* Effect.forEach(files, play, { concurrency: "unbounded", discard: true })
})

export const command = Command.make("simulate", options, (wanted) =>
  Effect.provide(simulate(wanted), Settings.layer)
).pipe(Command.withDescription("Let agents play a scenario in rooms of their own, and write down what was said"))
