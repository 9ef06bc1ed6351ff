import type { ProviderError } from "../../../domain/ProviderError.ts"
import { type Asked, classify } from "../Classify.ts"
import * as Complaint from "../Complaint.ts"

const untold = "the endpoint broke its answer off with an error"

/** What an error means that comes in the middle of an answer. */
export const failureOf = (error: unknown, { hide, ...asked }: Omit<Asked, "retryAfterMs">): ProviderError =>
  classify(Complaint.read(null, error), {
    ...asked,
    retryAfterMs: null,
    hide: (text) => hide(text) || untold
  })
