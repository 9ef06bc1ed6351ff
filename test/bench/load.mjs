// The load generator: a process of its own, so that what it costs is not counted to a server.
import { createConnection } from "node:net"
import { performance } from "node:perf_hooks"
import { answering } from "./calls.mjs"

const host = "127.0.0.1"
const nothing = Buffer.alloc(0)
const endOfHead = Buffer.from("\r\n\r\n")

const connect = (port) =>
  new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, noDelay: true }, () => resolve(socket))
    socket.once("error", reject)
  })

/** Calls back with each whole answer: its head, and its body by content-length. */
const readAnswers = (socket, onAnswer) => {
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

let connections = []
const openConnections = async ({ count, port }) => {
  for (const { socket } of connections) socket.destroy()
  const sockets = await Promise.all(Array.from({ length: count }, () => connect(port)))
  connections = sockets.map((socket) => {
    const connection = { socket, onAnswer: () => {} }
    readAnswers(socket, (head, body) => connection.onAnswer(head, body))
    return connection
  })
}

/** Each connection asks again as soon as it is answered, until the time or the count is used up. */
const ask = ({ atMost, ms, request }) =>
  new Promise((resolve, reject) => {
    const began = performance.now()
    let asked = 0
    let answered = 0
    for (const connection of connections) {
      const next = () => {
        asked++
        connection.socket.write(request)
      }
      connection.onAnswer = (head) => {
        if (!head.startsWith("HTTP/1.1 200")) return reject(new Error(head.split("\r\n", 1)[0]))
        answered++
        if (asked < atMost && performance.now() - began < ms) next()
        else if (answered === asked) resolve({ count: answered, ms: performance.now() - began })
      }
    }
    for (const { onAnswer: _, socket } of connections) {
      asked++
      socket.write(request)
    }
  })

const once = async ({ port, request }) => {
  const socket = await connect(port)
  return new Promise((resolve) => {
    readAnswers(socket, (head, body) => {
      socket.destroy()
      resolve({ head, body: body.toString() })
    })
    socket.write(request)
  })
}

let readers = []
let onEvent = () => {}
/** Streams of a room; every `mark` that arrives on any of them is one event. */
const openReaders = async ({ count, mark, port, request }) => {
  for (const socket of readers) socket.destroy()
  const kept = mark.length - 1
  readers = await Promise.all(Array.from({ length: count }, () => connect(port)))
  const opened = readers.map(
    (socket) =>
      new Promise((resolve) => {
        let tail = ""
        socket.on("data", (chunk) => {
          const text = tail + chunk.latin1Slice()
          for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + mark.length)) onEvent(text)
          tail = text.slice(-kept)
          resolve()
        })
        socket.write(request)
      })
  )
  await Promise.all(opened)
}

/** One event after the other, each when every reader has the one before. */
const fanOut = async ({ atMost, ms, request }) => {
  const [connection] = connections
  const began = performance.now()
  const times = []
  connection.onAnswer = () => {}
  await new Promise((resolve) => {
    let sent = 0
    let got = 0
    const send = () => {
      got = 0
      sent = performance.now()
      connection.socket.write(request)
    }
    onEvent = () => {
      if (++got < readers.length) return
      const now = performance.now()
      times.push(now - sent)
      if (times.length < atMost && now - began < ms) send()
      else resolve()
    }
    send()
  })
  onEvent = () => {}
  return { count: times.length * readers.length, ms: performance.now() - began, times }
}

/** Keeps what a reader sees of the next event, to play it again elsewhere. */
const nextFrame = ({ request }) =>
  new Promise((resolve) => {
    onEvent = (text) => {
      onEvent = () => {}
      resolve(/id: .*\n\n/s.exec(text)?.[0])
    }
    connections[0].socket.write(request)
  })

/** From writing the request to the first delta of an answer on the stream; the next when the round is over. */
const firstTokens = async ({ count, request }) => {
  const [connection] = connections
  const [reader] = readers
  const times = []
  connection.onAnswer = () => {}
  const turn = () =>
    new Promise((resolve) => {
      const sent = performance.now()
      let first = 0
      const look = (chunk) => {
        const text = chunk.latin1Slice()
        if (first === 0 && text.includes("event: content_delta")) first = performance.now() - sent
        if (!text.includes("event: round_ended")) return
        reader.off("data", look)
        resolve(first)
      }
      reader.on("data", look)
      connection.socket.write(request)
    })
  const play = async (left) => {
    if (left === 0) return times
    times.push(await turn())
    return play(left - 1)
  }
  return play(count)
}

answering({ ask, fanOut, firstTokens, nextFrame, once, openConnections, openReaders })
