import { Context, type Effect, Schema } from "effect"

type Value = string | number | bigint | Uint8Array | null

/** What a statement is given, by the names that stand after `@` in its text. */
export type Values = Readonly<Record<string, Value>>

/**
 * The statements that rooms live by: each is prepared once, at its first use, and runs in one step. The others, which
 * are built anew each time, go through `SqlClient`, over the same connection and in the same transactions; one of those
 * costs about fifteen times as much.
 */
export class Statements extends Context.Tag("parley/store/Statements")<
  Statements,
  {
    /**
     * Gives the rows, as the transaction sees them or as they are committed; of a statement that has none what it did,
     * as `Done`. A broken database is a defect.
     */
    readonly prepare: <V extends Values>(text: string) => (values: V) => Effect.Effect<ReadonlyArray<unknown>>
    /** A statement without values and rows, for who has the connection alone; throws what SQLite complains of. */
    readonly command: (text: string) => () => void
    /** Has the connection alone until the effect ends: all statements of the effect belong together. */
    readonly alone: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  }
>() {}

/**
 * What a statement without rows did: how many rows it changed, and the id of the last row that was added. One with
 * RETURNING costs far more: SQLite keeps its rows aside, and every page that it changes, in a file of its own.
 */
export const Done = Schema.Struct({ changes: Schema.Int, id: Schema.Int })

/** The columns of a row, all of them: one that the row's type has and nobody names here does not compile. */
export const columnsOf = <Row>(names: { readonly [Name in keyof Row]-?: true }) => Object.keys(names)

/** Adds a row; its values are named as the columns are. */
export const insertInto = (table: string, columns: ReadonlyArray<string>) =>
  `INSERT INTO ${table} (${columns.map((name) => `"${name}"`).join(", ")}) VALUES (${columns.map((name) => `@${name}`).join(", ")})`

/** Sets columns to values of their names. */
export const setting = (columns: ReadonlyArray<string>) => columns.map((name) => `${name} = @${name}`).join(", ")
