import { Effect, Scope } from "effect"

/**
 * Takes hold of something until the scope closes. Other than the library's `acquireRelease` it keeps nothing of the
 * fiber that does it: request, spans and all references of a fiber weigh more than what a scope is kept open for.
 */
export const held = <A, E>(acquire: Effect.Effect<A, E>, release: (it: A) => void): Effect.Effect<A, E, Scope.Scope> =>
  Effect.flatMap(Effect.scope, (scope) =>
    Effect.uninterruptible(Effect.tap(acquire, (it) => Scope.addFinalizer(scope, releasing(it, release))))
  )

// By itself, so that what is kept knows nothing else: a function keeps all that is named around it.
const releasing = <A>(it: A, release: (it: A) => void) => Effect.sync(() => release(it))
