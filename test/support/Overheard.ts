import { Cause, Logger } from "effect"
import { inspect } from "node:util"

/** All that a house logs, as text. */
export const make = () => {
  const said: Array<string> = []
  const logger = Logger.make(({ annotations, cause, message }) => {
    for (const thing of [message, Cause.pretty(cause), cause, annotations]) said.push(inspect(thing, { depth: 12 }))
  })
  return { said, layer: Logger.add(logger) }
}
