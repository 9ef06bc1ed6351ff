import { Chunk, Effect, type Scope, Stream } from "effect"
import type { Events, ProviderEvent, Session, TurnInput } from "../../src/domain/Provider.ts"
import type { ProviderError } from "../../src/domain/ProviderError.ts"

/** The events of a turn, which begins with the stream and ends with it. */
export const streamed = (
  turn: Effect.Effect<Events, ProviderError, Scope.Scope>
): Stream.Stream<ProviderEvent, ProviderError> =>
  Stream.unwrapScoped(
    Effect.map(turn, (next) => Stream.repeatEffectChunkOption(Effect.map(next, Chunk.unsafeFromArray)))
  )

/** One turn of a session, as a stream. */
export const turnOf = (session: Session, input: TurnInput) => streamed(session.turn(input))

/** A turn that brings forth what the stream does. */
export const pulled = (
  events: Stream.Stream<ProviderEvent, ProviderError>
): Effect.Effect<Events, never, Scope.Scope> => Effect.map(Stream.toPull(events), Effect.map(Chunk.toReadonlyArray))
