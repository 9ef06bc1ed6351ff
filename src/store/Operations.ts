import { Context, Effect, Layer } from "effect"
import * as Open from "./Operations/OpenTurn.ts"
import * as Post from "./Operations/PostMessage.ts"
import * as Settle from "./Operations/SettleTurn.ts"

export type { SettledTurn, SettleTurn } from "./Operations/SettleTurn.ts"

type Operation<M extends { readonly make: Effect.Effect<unknown, unknown, unknown> }> = Effect.Effect.Success<M["make"]>

/**
 * The writes that rooms live by, as plain data: each is one operation with its values, decided and carried out in one
 * transaction, and durable with its events when it returns.
 */
export class Operations extends Context.Tag("parley/store/Operations")<
  Operations,
  {
    /** The same key in the same room gives the message that was stored first, and opens nothing. */
    readonly post: Operation<typeof Post>
    /** Whether a turn may begin is decided in the write that begins it: no limit can be passed in between. */
    readonly openTurn: Operation<typeof Open>
    /**
     * Outcome, what was said, the session, its cost and the events. What was said counts as discarded when the round
     * has been ended by somebody meanwhile.
     */
    readonly settleTurn: Operation<typeof Settle>
  }
>() {
  static readonly layer = Layer.effect(
    this,
    Effect.all({ post: Post.make, openTurn: Open.make, settleTurn: Settle.make })
  )
}
