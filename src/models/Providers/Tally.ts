import type { TurnInput } from "../../domain/Provider.ts"
import { plus, type Tokens, totalOf, type Usage } from "../../domain/Usage.ts"

/** What a vendor tells of an answer: all that it took up to then. */
export interface Told {
  readonly model: string
  readonly tokens: Tokens
}

const charactersPerToken = 3
const mostTokens = 1_000_000_000

const sane = (told: number) => (told > 0 ? Math.min(Math.round(told), mostTokens) : 0)

/** Counts what a turn takes, request by request, and passes it on. */
export const make = (spend: TurnInput["spend"], costOf: (told: Told) => number | null) => {
  /** Of the requests before the latest. */
  let before: Usage | null = null
  let untold = 0
  /** Of the latest request, and all that was heard of its answer when it was told. */
  let latest: Told | null = null
  let isAsked = false
  let heard = 0
  let heardWhenTold = 0

  const usageOf = ({ model, tokens }: Told): Usage => {
    const counted = {
      inputTokens: sane(tokens.inputTokens),
      outputTokens: sane(tokens.outputTokens) + Math.ceil((heard - heardWhenTold) / charactersPerToken),
      cacheReadTokens: sane(tokens.cacheReadTokens),
      cacheWriteTokens: sane(tokens.cacheWriteTokens)
    }
    return { ...counted, costUsd: costOf({ model, tokens: counted }) }
  }

  const usage = () => (latest === null ? before : plus(before, usageOf(latest)))
  const pass = () => spend({ usage: usage(), isWhole: untold === 0 && !(isAsked && latest === null) })

  return {
    /** A request goes out. */
    asked: () => {
      before = usage()
      untold += isAsked && latest === null ? 1 : 0
      latest = null
      isAsked = true
      heard = heardWhenTold = 0
      pass()
    },
    /** The latest request was refused, and took nothing. */
    refused: () => {
      isAsked = false
      pass()
    },
    /** The vendor tells of the latest answer, of which so many characters have been heard. */
    told: (told: Told, characters: number) => {
      latest = told
      heard = heardWhenTold = characters
      pass()
    },
    /** So many characters have been heard of the latest answer. */
    heard: (characters: number) => {
      heard = characters
      if (latest !== null) pass()
    },
    /** The vendor sums up the turn, which is over. It may leave out what it broke off itself. */
    summedUp: (sum: Usage) => {
      const counted = usage()
      spend({ usage: counted !== null && totalOf(counted) > totalOf(sum) ? counted : sum, isWhole: true })
    }
  }
}

export type Tally = ReturnType<typeof make>
