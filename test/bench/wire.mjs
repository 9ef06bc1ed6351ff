// Bare HTTP: what asks and what follows, as cheap as it can be.
import { createConnection } from "node:net"

const host = "127.0.0.1"
const nothing = Buffer.alloc(0)
const endOfHead = Buffer.from("\r\n\r\n")

export const connect = (port) =>
  new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, noDelay: true }, () => resolve(socket))
    socket.once("error", reject)
  })

/** Calls back with each whole answer: its head, and its body by content-length. */
export const readAnswers = (socket, onAnswer) => {
  let rest = nothing
  let head = ""
  let end = 0
  socket.on("data", (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (true) {
      if (end === 0) {
        const at = rest.indexOf(endOfHead)
        if (at === -1) return
        head = rest.latin1Slice(0, at)
        end = at + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      }
      if (rest.length < end) return
      const body = rest.subarray(head.length + 4, end)
      rest = rest.subarray(end)
      end = 0
      onAnswer(head, body)
    }
  })
}
