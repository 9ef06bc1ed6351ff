import { Either, Record } from "effect"
import { type Node, parseDocument } from "yaml"
import { type Picture, read } from "../domain/Picture.ts"
import { type AgentChanges, AgentRefused } from "../domain/Agent.ts"
import { type Fault, ImageType } from "../domain/Image.ts"
import { shownNameIn, type Traits } from "../domain/Persona.ts"
import { personaFiles, pictureKinds } from "./Parse.ts"

/** A file of an agent's folder as it is to be; null takes it away. */
export interface Edit {
  readonly file: string
  readonly content: string | Uint8Array | null
}

const texts = {
  "in_a_nutshell.md": "in_a_nutshell",
  "characteristics.md": "characteristics",
  "recent_events.md": "recent_events"
} as const

/** An emptied file would be taken for one that is being written: it is removed. */
export const textEdits = (changes: AgentChanges): ReadonlyArray<Edit> =>
  personaFiles.flatMap((file) => {
    const text = changes[texts[file]]?.trim()
    return text === undefined ? [] : [{ file, content: text === "" ? null : `${text}\n` }]
  })

const kinds: Readonly<Record<ImageType, string>> = {
  "image/png": ".png",
  "image/jpeg": ".jpg",
  "image/gif": ".gif",
  "image/webp": ".webp"
}
const profile = "profile"

export const pictureEdit = ({ bytes, media_type }: Picture): Edit => ({
  file: profile + kinds[media_type],
  content: bytes
})

/** The name of a picture, as clients are given it. */
const isPictureName = (text: string) => /^[^/\\\0]{1,250}\.(?:png|jpe?g|gif|webp|svg)$/i.test(text)

const isDataUrl = (text: string) => /^data:/i.test(text)

/** Whether it can be meant as a picture: a data URL, or the name that clients were given. */
export const isPicture = (sent: string) => isDataUrl(sent) || isPictureName(sent)

/** A picture is a data URL; its name changes nothing. */
export const pictureEdits = (
  sent: string | null | undefined,
  maxBytes: number
): Either.Either<ReadonlyArray<Edit>, Fault> =>
  sent && isDataUrl(sent) ? Either.map(read(sent, maxBytes), (picture) => [pictureEdit(picture)]) : Either.right([])

/** Names under which an older picture would still be found beside or before the new one. */
export const olderPictures = (edits: ReadonlyArray<Edit>, files: ReadonlyArray<string>): ReadonlyArray<string> => {
  const picture = edits.find(({ file }) => file.startsWith(`${profile}.`))?.file
  if (picture === undefined) return []
  const names = new Set([...pictureKinds, ".svg"].map((kind) => profile + kind))
  return files.filter((file) => file !== picture && names.has(file.toLowerCase()))
}

const named = ({ final_response, interrupt_every_turn, is_critic, priority, transparent }: AgentChanges) => ({
  critic: is_critic,
  interrupt_every_turn,
  priority,
  transparent,
  final_response
})

/** What clients say of an agent's traits, under the names that its configuration has for them. */
export const traitsOf = (changes: AgentChanges): Traits =>
  Record.filter(named(changes), (value) => value !== undefined && value !== null)

/** Of a new agent: what is said for want of another word leaves it to its name and group. */
export const newTraitsOf = (changes: AgentChanges): Traits => Record.filter(named(changes), Boolean)

/** What clients say of the name that the agent is shown by; null, or a text without words, takes it away. */
export const shownNameOf = (
  given: string | null | undefined,
  folder: string
): Either.Either<{ readonly display_name?: string | null }, AgentRefused> => {
  if (given === undefined) return Either.right({})
  if (given === null || given.trim() === "") return Either.right({ display_name: null })
  return Either.mapBoth(shownNameIn(given), {
    onLeft: (reason) => AgentRefused.of("display_name", reason),
    onRight: (display_name) => ({ display_name: display_name === folder ? null : display_name })
  })
}

/** The configuration with other traits, without those that are null; what else stands in it, comments too, stays. */
export const withTraits = (text: string, traits: Traits): Either.Either<string, string> =>
  Either.try({
    try: () => {
      const document = parseDocument<Node>(text, { version: "1.1", logLevel: "error" })
      const [error] = document.errors
      if (error) throw error
      // Left to itself the library begins an ordered list.
      document.contents ??= document.createNode({})
      for (const [name, value] of Object.entries(traits)) {
        if (value === null) document.delete(name)
        else document.set(name, value)
      }
      return document.toString()
    },
    catch: (error) => `is not valid YAML: ${String(error).split("\n", 1)[0]}`
  })
