import type { PoolBusy } from "./Pool.ts"
import type { ProviderError } from "./ProviderError.ts"

/** Why a turn can fail. */
export type TurnError = ProviderError | PoolBusy
