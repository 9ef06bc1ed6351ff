import { Effect } from "effect"
import { connect } from "node:net"

/** A connection of its own to a server, for what no client of HTTP would say. It ends with the scope. */
export const open = Effect.fnUntraced(function* (base: string) {
  const { hostname, port } = new URL(base)
  const socket = yield* Effect.acquireRelease(
    Effect.async<ReturnType<typeof connect>>((resume) => {
      const socket = connect(Number(port), hostname)
      socket.once("connect", () => resume(Effect.succeed(socket)))
      socket.once("error", () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )
  let heard = ""
  socket.setEncoding("utf8").on("data", (chunk) => (heard += chunk))
  socket.on("error", () => {})
  const closed = Effect.async<string>((resume) => {
    if (socket.closed) resume(Effect.sync(() => heard))
    else socket.once("close", () => resume(Effect.sync(() => heard)))
  })
  return {
    say: (text: string) => Effect.sync(() => void socket.write(text)),
    /** Says that nothing more will be said. */
    end: Effect.sync(() => void socket.end()),
    /** The first that is heard. */
    first: Effect.async<string>((resume) => {
      if (heard === "") socket.once("data", () => resume(Effect.sync(() => heard)))
      else resume(Effect.succeed(heard))
    }),
    isOpen: Effect.sync(() => !socket.closed),
    /** All that was heard, once the other side has closed. */
    closed
  }
})

export const statusOf = (answer: string) => Number(answer.split(" ")[1])
export const bodyOf = (answer: string) => JSON.parse(answer.split("\r\n\r\n")[1] ?? "")

/** What a server answers to bytes as they are. */
export const ask = (base: string, text: string) =>
  Effect.scoped(Effect.flatMap(open(base), ({ closed, say }) => Effect.zipRight(say(text), closed)))
