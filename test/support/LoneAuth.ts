import { Effect, Layer, Option, Redacted } from "effect"
import { Auth } from "../../src/features/Auth.ts"
import { LoginRepo } from "../../src/store/LoginRepo.ts"
import { type Passwords, Secrets } from "../../src/process/Secrets.ts"
import { OpenStreams } from "../../src/features/OpenStreams.ts"
import { Settings } from "../../src/process/Settings.ts"
import * as TestDb from "./TestDb.ts"

/** What nobody can log in with. */
export const nobody: Passwords = { admin: Redacted.make(""), guest: Option.none(), guests: true }

const secrets = (passwords: () => Passwords) =>
  Layer.succeed(Secrets, {
    jwtSecret: Redacted.make("the secret of this test, long enough for its purpose"),
    passwords,
    newPassword: Option.none(),
    firstStart: false,
    generated: false,
    keep: Effect.void
  })

/** Logins over a database in memory, without a house around them. */
export const over = (passwords: () => Passwords) =>
  Auth.layer.pipe(
    Layer.provideMerge(OpenStreams.layer),
    Layer.provideMerge(LoginRepo.layer),
    Layer.provide(secrets(passwords)),
    Layer.provideMerge(Settings.layerFrom({})),
    Layer.orDie
  )

export const layer = (passwords: () => Passwords = () => nobody) =>
  over(passwords).pipe(Layer.provideMerge(TestDb.layer()))
