import { FileSystem, Path } from "@effect/platform"
import { Context, Data, Effect, Layer, Option, Redacted, Schema } from "effect"
import bcrypt from "bcrypt"
import { randomBytes } from "node:crypto"
import { isLoopback } from "../lib/loopback.ts"
import { LiveSettings, Settings } from "./Settings.ts"

/** Hashes of passwords, as they are in force. */
export interface Passwords {
  readonly admin: Redacted.Redacted
  readonly guest: Option.Option<Redacted.Redacted>
  /** False while nobody may be a guest. */
  readonly guests: boolean
}

export class Secrets extends Context.Tag("parley/process/Secrets")<
  Secrets,
  {
    readonly jwtSecret: Redacted.Redacted
    /** What logins depend on: to be asked anew each time. */
    readonly passwords: () => Passwords
    /** The admin's password at the start that made it up; never again. */
    readonly newPassword: Option.Option<Redacted.Redacted>
    /** True until the data folder keeps secrets. */
    readonly firstStart: boolean
    /** False when the operator chose the admin's password. */
    readonly generated: boolean
    /** Keeps what this start made up for the next ones. Not before it was told: nobody could know the password. */
    readonly keep: Effect.Effect<void, SecretsUnusable>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.suspend(() => make)
  )
}

export class ExposedWithoutPassword extends Data.TaggedError("ExposedWithoutPassword")<{ readonly host: string }> {
  override get message() {
    return `HOST=${this.host} can be reached from outside: set API_KEY_HASH to the bcrypt hash of a password first`
  }
}

/** Says nothing of what stands in the file. */
export class SecretsUnusable extends Data.TaggedError("SecretsUnusable")<{
  readonly file: string
  readonly reason: string
}> {
  override get message() {
    return `${this.file} ${this.reason}`
  }
}

const File = Schema.parseJson(Schema.Struct({ jwt_secret: Schema.String, admin_hash: Schema.NullOr(Schema.String) }))
type File = typeof File.Type

const cost = 12

const random = (bytes: number) => Effect.sync(() => randomBytes(bytes).toString("base64url"))

const withPassword = Effect.fnUntraced(function* (secrets: File) {
  const password = yield* random(12)
  const admin_hash = yield* Effect.promise(() => bcrypt.hash(password, cost))
  return { secrets: { ...secrets, admin_hash }, password: Option.some(Redacted.make(password)) }
})

const paper = Effect.gen(function* () {
  const { DATA_DIR } = yield* Settings
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = path.join(DATA_DIR, "secrets.json")
  const unusable = (reason: string) => () => new SecretsUnusable({ file, reason })
  const broken = unusable("holds no secrets: restore it, or delete it to get a new password; logins then end")
  const stored = fs.readFileString(file).pipe(
    Effect.mapError(unusable("cannot be read")),
    Effect.flatMap((text) => Effect.mapError(Schema.decode(File)(text), broken))
  )
  const write = (content: File) =>
    Effect.flatMap(Schema.encode(File)(content), (text) =>
      // Beside and then renamed: a crash leaves no half secret.
      fs.writeFileString(`${file}.new`, text, { mode: 0o600 }).pipe(Effect.zipRight(fs.rename(`${file}.new`, file)))
    ).pipe(Effect.mapError(unusable("cannot be written")))
  return { exists: Effect.orElseSucceed(fs.exists(file), () => true), stored, write }
})

/** The key that signs tokens, for who may read the data folder; nothing is made up. */
export const signingKey = Effect.gen(function* () {
  const { JWT_SECRET } = yield* Settings
  const { stored } = yield* paper
  return yield* Option.match(JWT_SECRET, {
    onNone: () => Effect.map(stored, ({ jwt_secret }) => Redacted.make(jwt_secret)),
    onSome: Effect.succeed
  })
})

const make = Effect.gen(function* () {
  const settings = yield* Settings
  const { current } = yield* LiveSettings
  const { exists, stored, write } = yield* paper

  if (!isLoopback(settings.HOST) && Option.isNone(current().API_KEY_HASH)) {
    return yield* new ExposedWithoutPassword({ host: settings.HOST })
  }

  const firstStart = !(yield* exists)
  const known: File = firstStart ? { jwt_secret: yield* random(32), admin_hash: null } : yield* stored
  const generated = Option.isNone(current().API_KEY_HASH)
  const { password, secrets } =
    generated && known.admin_hash === null
      ? yield* withPassword(known)
      : { secrets: known, password: Option.none<Redacted.Redacted>() }

  const own = Redacted.make(secrets.admin_hash ?? "")

  return Secrets.of({
    jwtSecret: Option.getOrElse(settings.JWT_SECRET, () => Redacted.make(secrets.jwt_secret)),
    passwords: () => {
      const { API_KEY_HASH, ENABLE_GUEST_LOGIN, GUEST_PASSWORD_HASH } = current()
      return {
        admin: Option.getOrElse(API_KEY_HASH, () => own),
        guest: ENABLE_GUEST_LOGIN ? GUEST_PASSWORD_HASH : Option.none(),
        guests: ENABLE_GUEST_LOGIN
      }
    },
    newPassword: password,
    firstStart,
    generated,
    keep: firstStart || secrets !== known ? write(secrets) : Effect.void
  })
})
