import { HttpApiSchema } from "@effect/platform"
import { Cause, Chunk, Option, Predicate, Schema } from "effect"
import { ErrorBody, WriteRefused } from "./Error.ts"

/** The disk has no room for what was to be written. Nothing of it is stored. */
export class StorageFull extends Schema.TaggedError<StorageFull>()(
  "StorageFull",
  { ...ErrorBody },
  HttpApiSchema.annotations({ status: 507 })
) {
  static readonly of = () => new StorageFull({ detail: "The disk is full: nothing was stored" })

  override get message() {
    return this.detail
  }
}

const words = {
  locked: "Another process holds the database locked",
  failing: "The disk cannot be read or written",
  read_only: "The database cannot be written: its file or file system is read-only",
  damaged: "The database file is damaged. Stop the server and restore the file from a backup",
  missing: "The database file, or a file that belongs to it, is gone. Stop the server and restore it from a backup",
  replaced:
    "Another program replaced or changed the database file while the server had it open. Stop the server, look at the file with `parley doctor`, and restore it from a backup unless it is whole"
} as const

const Reason = Schema.Literal("locked", "failing", "read_only", "damaged", "missing", "replaced")
type Reason = typeof Reason.Type

// What may pass by itself, and how soon it is worth asking again.
const retryAfter: Partial<Record<Reason, number>> = { locked: 2, failing: 5 }

/** The database cannot be used at the moment, or until somebody mends it. Nothing was stored. */
export class StorageUnavailable extends Schema.TaggedError<StorageUnavailable>()(
  "StorageUnavailable",
  {
    ...ErrorBody,
    reason: Reason,
    /** In seconds, as the header `Retry-After`; only where waiting helps. */
    retry_after: Schema.optionalWith(Schema.Int, { exact: true })
  },
  HttpApiSchema.annotations({ status: 503 })
) {
  static readonly of = (reason: Reason) => {
    const retry_after = retryAfter[reason]
    return new StorageUnavailable({
      reason,
      detail: words[reason],
      ...(retry_after === undefined ? {} : { retry_after })
    })
  }

  override get message() {
    return this.detail
  }
}

/** A row of the database that has not its shape, and without which there is no answer. A person can mend it. */
export class RowUnreadable extends Schema.TaggedError<RowUnreadable>()(
  "Unreadable",
  {
    ...ErrorBody,
    table: Schema.String,
    /** Null where it is not known which row it is. */
    id: Schema.NullOr(Schema.Int)
  },
  HttpApiSchema.annotations({ status: 500 })
) {
  static readonly of = (broken: {
    readonly table: string
    readonly id: number | null
    /** The columns, and the places in them. */
    readonly places: ReadonlyArray<string>
  }) => {
    const { id, places, table } = broken
    const row = id === null ? "A row" : `Row ${id}`
    const detail = `${row} of the table ${table} cannot be read, for what it has as ${places.join(", ")}: it needs mending, or a backup`
    return new RowUnreadable({ table, id, detail })
  }

  override get message() {
    return this.detail
  }
}

export type StorageFault = StorageFull | StorageUnavailable

/** Why a write was not carried out though it was right. */
export type Unwritten = WriteRefused | StorageFault

const isFault = Schema.is(Schema.Union(StorageFull, StorageUnavailable))

const unavailable: ReadonlyArray<readonly [RegExp, Reason]> = [
  [/^SQLITE_(?:BUSY|LOCKED|PROTOCOL)/, "locked"],
  [/^SQLITE_READONLY_DBMOVED$/, "replaced"],
  [/^(?:SQLITE_(?:READONLY|PERM)|EROFS|EACCES|EPERM)/, "read_only"],
  [/^SQLITE_(?:CORRUPT|NOTADB)/, "damaged"],
  [/^(?:SQLITE_(?:IOERR|CANTOPEN|NOMEM)|EIO|EMFILE|ENFILE)/, "failing"]
]

const byCode = (code: string): Option.Option<StorageFault> => {
  if (/^(?:SQLITE_FULL|ENOSPC|EDQUOT)$/.test(code)) return Option.some(StorageFull.of())
  const found = unavailable.find(([pattern]) => pattern.test(code))
  return Option.map(Option.fromNullable(found), ([, reason]) => StorageUnavailable.of(reason))
}

/** What an error of SQLite or of the file system says of the storage; none when it tells of a bug of ours. */
export const faultOf = (error: unknown): Option.Option<StorageFault> => {
  if (isFault(error)) return Option.some(error)
  if (Predicate.hasProperty(error, "code") && Predicate.isString(error.code)) return byCode(error.code)
  return Predicate.hasProperty(error, "cause") ? faultOf(error.cause) : Option.none()
}

/** Another process has the lock. */
export const isLocked = (fault: StorageFault) => fault._tag === "StorageUnavailable" && fault.reason === "locked"

/** Whether it may pass while the server runs. */
export const isPassing = (fault: StorageFault) => fault._tag === "StorageFull" || fault.retry_after !== undefined

/** The same of all that broke. */
export const faultIn = (cause: Cause.Cause<unknown>): Option.Option<StorageFault> =>
  Option.firstSomeOf(Chunk.appendAll(Cause.failures(cause), Cause.defects(cause)).pipe(Chunk.map(faultOf)))
