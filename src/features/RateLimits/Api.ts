import { HttpApiMiddleware } from "@effect/platform"
import { TooManyRequests } from "../../domain/Limit.ts"

const failure = { failure: TooManyRequests }

/** Bounds how often one address may try to enter. */
export class LoginLimit extends HttpApiMiddleware.Tag<LoginLimit>()(
  "parley/features/RateLimits/Api/LoginLimit",
  failure
) {}

/** Bounds how many rooms one address may import: nobody else writes meanwhile. */
export class ImportLimit extends HttpApiMiddleware.Tag<ImportLimit>()(
  "parley/features/RateLimits/Api/ImportLimit",
  failure
) {}

// These bound how often one identity may ask for one path, and how often all that share an address may ask.

export class PollLimit extends HttpApiMiddleware.Tag<PollLimit>()(
  "parley/features/RateLimits/Api/PollLimit",
  failure
) {}
export class ChattingLimit extends HttpApiMiddleware.Tag<ChattingLimit>()(
  "parley/features/RateLimits/Api/ChattingLimit",
  failure
) {}
export class SendLimit extends HttpApiMiddleware.Tag<SendLimit>()(
  "parley/features/RateLimits/Api/SendLimit",
  failure
) {}
