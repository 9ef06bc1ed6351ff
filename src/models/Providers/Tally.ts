import type { TurnInput } from "../../domain/Provider.ts"
import { plus, type Tokens, totalOf, type Usage } from "../../domain/Usage.ts"

/** Each null where nothing is told that can be believed. */
export type Counts = Readonly<Record<keyof Tokens, number | null>>

/** What a vendor tells of an answer: all that it took up to then. */
export interface Told {
  readonly model: string
  readonly tokens: Counts
  /** The vendor's own price; null where it names none. */
  readonly costUsd: number | null
}

/** What is to be priced. */
export interface Counted {
  readonly model: string
  readonly tokens: Tokens
}

const charactersPerToken = 3
// No model reads or writes more than this for one request.
const mostTokens = 100_000_000
const mostUsd = 100_000

const believed = (most: number) => (told: number | null) => (told !== null && told >= 0 && told <= most ? told : null)

/** A number of tokens as a vendor tells it, where it can be one. */
export const tokens = believed(mostTokens)
/** A price in US dollars as a vendor tells it, where it can be one. */
export const dollars = believed(mostUsd)

const estimate = (characters: number) => Math.ceil(characters / charactersPerToken)

const nothing: Counts = { inputTokens: null, outputTokens: null, cacheReadTokens: null, cacheWriteTokens: null }

/** Counts what a turn takes, request by request, and passes it on. */
export const make = (spend: TurnInput["spend"], costOf: (counted: Counted) => number | null) => {
  /** Of the requests before the latest. */
  let before: Usage | null = null
  let untold = 0
  /** Of the latest request, and all that was heard of its answer when it was told. */
  let latest: Told | null = null
  let isAsked = false
  let sent = 0
  let heard = 0
  let heardWhenTold = 0

  // An answer of which words were heard took something, also where the vendor counts nothing.
  const countedOf = ({ tokens: told }: Told): Tokens => {
    const [input, output] = [tokens(told.inputTokens) ?? 0, tokens(told.outputTokens) ?? 0]
    const read = Math.round(tokens(told.cacheReadTokens) ?? 0)
    const written = Math.round(tokens(told.cacheWriteTokens) ?? 0)
    return {
      inputTokens: input + read + written > 0 ? Math.round(input) : estimate(sent),
      outputTokens: output > 0 ? Math.round(output) + estimate(heard - heardWhenTold) : estimate(heard),
      cacheReadTokens: read,
      cacheWriteTokens: written
    }
  }

  const usageOf = (told: Told): Usage => {
    const counted = countedOf(told)
    return { ...counted, costUsd: dollars(told.costUsd) ?? costOf({ model: told.model, tokens: counted }) }
  }

  const usage = () => (latest === null ? before : plus(before, usageOf(latest)))
  const pass = () => spend({ usage: usage(), isWhole: untold === 0 && !(isAsked && latest === null) })

  return {
    /** A request of so many characters goes out. */
    asked: (characters = 0) => {
      before = usage()
      untold += isAsked && latest === null ? 1 : 0
      latest = null
      isAsked = true
      sent = characters
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
    /** The latest answer is over. Where the vendor has told nothing of it, the text tells. */
    over: () => {
      latest ??= { model: "", tokens: nothing, costUsd: null }
      pass()
    },
    /** The vendor sums up the turn, which is over. It may leave out what it broke off itself. */
    summedUp: (sum: Usage) => {
      const counted = usage()
      spend({ usage: counted !== null && totalOf(counted) > totalOf(sum) ? counted : sum, isWhole: true })
    }
  }
}

export type Tally = ReturnType<typeof make>
