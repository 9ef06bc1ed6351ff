import type { ProviderError } from "../../../domain/ProviderError.ts"
import { classify } from "../Classify.ts"
import * as Complaint from "../Complaint.ts"

export interface Circumstances {
  readonly model: string
  readonly hasImages: boolean
  /** Makes a text fit to show. */
  readonly hide: (text: string) => string
}

const untold = "the endpoint broke its answer off with an error"

/** What an error means that comes in the middle of an answer. */
export const failureOf = (error: unknown, { hasImages, hide, model }: Circumstances): ProviderError =>
  classify(Complaint.read(null, error), {
    model,
    hasImages,
    retryAfterMs: null,
    hide: (text) => hide(text) || untold
  })
