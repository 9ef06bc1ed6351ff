import { Command, Prompt } from "@effect/cli"
import * as NodeStream from "@effect/platform-node/NodeStream"
import bcrypt from "bcrypt"
import { Console, Data, Effect, Redacted, Stream } from "effect"

export class PasswordUnusable extends Data.TaggedError("PasswordUnusable")<{ readonly reason: string }> {
  override get message() {
    return `this password cannot be used: ${this.reason}`
  }
}

const cost = 12
/** bcrypt looks at no more bytes than these, and at none after a zero. */
const longest = 72
/** Fewer characters are soon guessed. */
const enough = 8

const typed = Effect.gen(function* () {
  const password = yield* Prompt.password({ message: "Password" })
  const again = yield* Prompt.password({ message: "Once more" })
  return Redacted.value(password) === Redacted.value(again)
    ? Redacted.value(password)
    : yield* new PasswordUnusable({ reason: "the two are not the same" })
})

const piped = NodeStream.stdin.pipe(
  Stream.decodeText(),
  Stream.mkString,
  Effect.map((text) => text.replace(/\r?\n$/, ""))
)

const checked = (password: string) => {
  const bytes = new TextEncoder().encode(password).length
  if (bytes === 0) return new PasswordUnusable({ reason: "it is empty" })
  if (bytes > longest) return new PasswordUnusable({ reason: `it has ${bytes} bytes, and only ${longest} would count` })
  if (password.includes("\0")) return new PasswordUnusable({ reason: "it holds a zero byte" })
  return Effect.succeed(password)
}

const warned = (password: string) =>
  Effect.when(
    Console.error(`parley: this password is short; one of ${enough} characters or more is harder to guess`),
    () => [...password].length < enough
  )

export const command = Command.make("hash-password", {}, () =>
  Effect.suspend(() => (process.stdin.isTTY ? typed : piped)).pipe(
    Effect.flatMap(checked),
    Effect.tap(warned),
    Effect.flatMap((password) => Effect.promise(() => bcrypt.hash(password, cost))),
    Effect.flatMap(Console.log)
  )
).pipe(
  Command.withDescription(
    "Print the bcrypt hash of a password for API_KEY_HASH or GUEST_PASSWORD_HASH; typed unseen, or read from a pipe"
  )
)
