import { Effect, Schema } from "effect"
import { SessionLost } from "../../../domain/ProviderError.ts"

/**
 * Where a session stands: its id, and the newest entry of the client's own record of it. A record that lacks the entry
 * cannot be resumed; what a record holds behind the entry is left out.
 */
export interface Bookmark {
  readonly session: string
  readonly entry: string
}

export const write = ({ entry, session }: Bookmark) => `${session}@${entry}`

const parse = Schema.decodeUnknown(Schema.TemplateLiteralParser(Schema.UUID, "@", Schema.UUID))

// The client would take a text that is no id for the title of a session.
export const read = (text: string): Effect.Effect<Bookmark, SessionLost> =>
  parse(text).pipe(
    Effect.map((parts) => ({ session: parts[0], entry: parts[2] })),
    Effect.mapError(() => new SessionLost())
  )
