import { Effect } from "effect"
import { type TurnInput, turnLimits } from "../../domain/Provider.ts"
import { TooLong, TooManyToolCalls } from "../../domain/ProviderError.ts"
import type { Draft } from "../LiveTurns.ts"

/** The bounds of one try of a turn: it ends where the model has called too much or written too much. */
export const make = (callTool: TurnInput["callTool"], draft: Draft) => {
  let calls = 0
  const areTooMany = () => calls > turnLimits.calls
  const isTooLong = () => draft.text.length + draft.thinking.length + draft.unheard > turnLimits.characters

  const counted: TurnInput["callTool"] = (name, input) =>
    Effect.suspend(() => {
      calls++
      return areTooMany()
        ? Effect.succeed({ text: "No more tools in this turn.", isError: true })
        : callTool(name, input)
    })

  return {
    callTool: counted,
    /** The bound that the model has broken; null while it keeps within them. */
    broken: () => {
      if (areTooMany()) return new TooManyToolCalls({ of: "calls", most: turnLimits.calls })
      return isTooLong() ? new TooLong({ most: turnLimits.characters }) : null
    }
  }
}
