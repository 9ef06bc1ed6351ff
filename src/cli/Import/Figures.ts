import { FileSystem, Path } from "@effect/platform"
import { Effect, Either, Option } from "effect"
import { pictureEdit, pictureEdits } from "../../personas/Edit.ts"
import * as Folder from "../../personas/AgentFolder.ts"
import { isPersonaName, longestShownName, type PersonaReport, shownNameIn, type Traits } from "../../domain/Persona.ts"
import { cut, oneLine } from "../../lib/text.ts"
import { Personas } from "../../personas/Personas.ts"
import { folderName, isNear, mostNamesakes, numbered } from "../../personas/FolderName.ts"
import { groupPrefix } from "../../personas/Folders.ts"
import { agentConfig } from "../../personas/Parse.ts"
import { Settings } from "../../process/Settings.ts"
import { traitsIn, unsaid } from "./Flags.ts"
import type { Figure } from "./Message.ts"
import type { Row } from "./Original.ts"
import * as Portrait from "./Portrait.ts"
import { flagsOf, pagesOf } from "./Sheet.ts"
import type { Tally } from "./Tally.ts"
import { flag, text } from "./Value.ts"

interface Work {
  /** The original's own agents folder, for pictures that the database only names. */
  readonly portraits: Option.Option<string>
  readonly removed: ReadonlySet<string>
  readonly replace: boolean
  readonly tally: Tally
}

const longestName = 200

const nameOf = ({ name }: Row) => cut(oneLine(text(name) ?? ""), longestName).normalize("NFC")

/** What the agent is called here, and is known by when it is imported again. */
const fitted = (name: string) => [...name].slice(0, longestShownName).join("").trim()

/** The names that the original's agents have. */
type Theirs = ReadonlySet<string>

const groupOf = ({ config_file, group }: Row) => {
  const said = text(group) ?? new RegExp(`/${groupPrefix}([^/]+)/[^/]+/?$`).exec(text(config_file) ?? "")?.[1] ?? null
  return said === null || isPersonaName(said.normalize("NFC")) ? said : folderName(said, "imported")
}

/**
 * Gives the agents of the original's database their folders: those that have none here get one, whole or not at all; a
 * folder that is there keeps every word, and is only told the flags of which it says nothing.
 */
export const make = Effect.gen(function* () {
  const { AGENTS_DIR, MAX_IMAGE_BYTES } = yield* Settings
  const personas = yield* Personas
  const folder = yield* Folder.make
  const files = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const root = (yield* Path.Path).resolve(AGENTS_DIR)

  /** Whether a folder is this agent's: by what it is shown as, or by its name, unless it is shown as another's. */
  const isOf = Effect.fnUntraced(function* (name: string, { name: own, path }: PersonaReport, theirs: Theirs) {
    const { display_name } = yield* traitsIn(root, folder.pathOf(path), agentConfig)
    const shown = Either.getOrElse(shownNameIn(display_name), () => own)
    return shown === fitted(name) || (own === name && !theirs.has(shown))
  })

  /** The agent's folder here, or the name for one. On some systems names that differ in case alone share a folder. */
  const placeOf = Effect.fnUntraced(function* (name: string, theirs: Theirs) {
    const base = folderName(name, "agent")
    const reports = yield* personas.report
    for (let number = 1; number <= mostNamesakes; number++) {
      const own = numbered(base, number)
      const near = reports.filter((report) => isNear(report.name, own))
      if (near.length === 0) return { own, path: null }
      const found = yield* Effect.findFirst(near, (report) => isOf(name, report, theirs))
      if (Option.isSome(found)) return { own: found.value.name, path: folder.pathOf(found.value.path) }
    }
    return { own: null, path: null }
  })

  const pictureOf = Effect.fnUntraced(function* (row: Row, name: string, { portraits, tally }: Work) {
    const said = text(row["profile_pic"])
    const drawn = pictureEdits(said, MAX_IMAGE_BYTES)
    if (Either.isLeft(drawn)) {
      tally.left("agents' pictures that cannot be read or are too large", 1, name)
      return []
    }
    if (drawn.right.length > 0) return drawn.right
    const sitter = { name: text(row["name"]) ?? "", group: text(row["group"]), file: said }
    const found = yield* Effect.transposeMapOption(portraits, (place) => Portrait.find(place, sitter, MAX_IMAGE_BYTES))
    const picture = Option.flatten(found)
    if (said !== null && Option.isNone(picture)) tally.left("agents' pictures that are not there", 1, name)
    return Option.toArray(Option.map(picture, pictureEdit))
  })

  const bring = Effect.fnUntraced(function* (row: Row, name: string, own: string, work: Work) {
    const pages = pagesOf(row)
    if (Option.isNone(pages)) {
      work.tally.left("agents without a folder and without a text, whose words are kept", 1, name)
      return null
    }
    for (const loss of pages.value.losses) work.tally.left(loss, 1, name)
    const traits: Traits = { ...flagsOf(row), ...(own === name ? {} : { display_name: fitted(name) }) }
    const edits = { files: [...pages.value.files, ...(yield* pictureOf(row, name, work))], traits }
    if (!(yield* folder.create({ name: own, group: groupOf(row) }, edits, false))) return null
    work.tally.took("agents out of the database")
    if (own !== name) work.tally.note(`${name} is ${own} here: that no folder can be called`)
    return own
  })

  const instruct = Effect.fnUntraced(function* (row: Row, own: string, path: string, { tally }: Work) {
    const persona = yield* Effect.option(personas.get(own))
    if (Option.isNone(persona)) return
    const { contrary, silent } = yield* unsaid(root, path, persona.value, flagsOf(row))
    tally.left("flags of agents of whom their folders say otherwise", contrary.length, own)
    const count = Object.keys(silent).length
    if (count === 0) return
    yield* folder.edit(path, { files: [], traits: silent })
    tally.took("flags of agents", count)
  })

  const settle = Effect.fnUntraced(function* (row: Row, theirs: Theirs, work: Work) {
    const { removed, replace, tally } = work
    const name = nameOf(row)
    if (name === "") {
      tally.left("agents without a name")
      return null
    }
    const { own, path } = yield* placeOf(name, theirs)
    if (own === null) return null
    if (path === null && removed.has(own) && !replace) {
      tally.left("agents that were removed here; --replace takes them again", 1, own)
      return null
    }
    if (path === null) return yield* bring(row, name, own, work)
    yield* instruct(row, own, path, work)
    return own
  })

  /** Each agent of the original, by its id there. */
  return Effect.fnUntraced(function* (rows: ReadonlyArray<Row>, work: Work) {
    const theirs = new Set(rows.map((row) => fitted(nameOf(row))))
    const found = yield* Effect.forEach(rows, (row) =>
      Effect.map(
        Effect.catchTags(settle(row, theirs, work), {
          AgentRefused: ({ detail }) => refuse(row, work.tally, detail),
          AgentUnwritable: ({ detail }) => refuse(row, work.tally, detail)
        }),
        (ours): readonly [unknown, Figure] => {
          const name = nameOf(row) || "Unknown"
          return [row["id"], { name, ours, isCritic: flag(row["is_critic"]) || name.toLowerCase() === "critic" }]
        }
      )
    )
    return new Map(found)
  }, Effect.provide(files))
})

const refuse = (row: Row, tally: Tally, detail: string) =>
  Effect.sync(() => {
    tally.left(`agents that cannot be written: ${detail}`, 1, text(row["name"]) ?? "")
    return null
  })
