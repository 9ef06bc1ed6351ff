import type { TurnError } from "../../domain/TurnError.ts"

/** What is told of why a turn failed. */
export interface Failure {
  readonly _tag: string
}

const told = ["host", "model", "reason"]

/** What the vendor said itself, and of what. */
const said = (failure: Failure) =>
  told.flatMap((name) =>
    Object.entries(failure).flatMap(([key, value]) => (key === name && value ? [String(value)] : []))
  )

/** Puts a failure in words: ours, and the vendor's own after them. */
export const failureIn =
  (words: Readonly<Record<TurnError["_tag"], string>>, otherwise: string) =>
  (failure: Failure | null): string => {
    const ours = Object.entries(words).find(([name]) => name === failure?._tag)?.[1] ?? otherwise
    const theirs = failure === null ? [] : said(failure)
    return theirs.length === 0 ? ours : `${ours} (${theirs.join(": ")})`
  }
