import { Context, type Effect } from "effect"

type Value = string | number | bigint | Uint8Array | null

/** What a statement is given, by the names that stand after `@` in its text. */
export type Values = Readonly<Record<string, Value>>

/**
 * Statements of what rooms live by: each is prepared once, at its first use, and runs in one step, without an Effect of
 * its own. What SQLite complains of is thrown, which in an Effect is a defect, as with every statement.
 */
export class Statements extends Context.Tag("parley/store/Statements")<
  Statements,
  {
    /** The rows of a statement, to be run inside of a write or of `reading`. */
    readonly prepare: <V extends Values>(text: string) => (values: V) => ReadonlyArray<unknown>
    /** Reads in one step: what is committed, or, within a write, what it has written. */
    readonly reading: <A>(read: () => A) => Effect.Effect<A>
    /** Has the connection alone until the effect ends: all statements of the effect belong together. */
    readonly alone: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  }
>() {}
