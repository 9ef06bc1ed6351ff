// The load generator: a process of its own, so that what it costs is not counted to a server.
import { performance } from "node:perf_hooks"
import { answering } from "./calls.mjs"
import { connect, readAnswers } from "./wire.mjs"

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
    // Who sleeps must be woken, at the cost of the server that answers: the slower it is, the more often.
    const stayAwake = () => {
      if (answered < asked) setImmediate(stayAwake)
    }
    setImmediate(stayAwake)
    for (const connection of connections) {
      const next = () => {
        asked++
        connection.socket.write(request)
      }
      connection.onAnswer = (head) => {
        if (!/^HTTP\/1\.1 (200|304) /.test(head)) return reject(new Error(head.split("\r\n", 1)[0]))
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

/** How long each answer took, in milliseconds; every connection asks again a while after it is answered. */
const latencies = ({ apartMs, ms, request }) =>
  Promise.all(
    connections.map(async (connection) => {
      const times = []
      const began = performance.now()
      const next = () =>
        new Promise((resolve, reject) => {
          const sent = performance.now()
          connection.onAnswer = (head) => {
            if (!head.startsWith("HTTP/1.1 200 ")) return reject(new Error(head.split("\r\n", 1)[0]))
            times.push(performance.now() - sent)
            setTimeout(resolve, apartMs)
          }
          connection.socket.write(request)
        })
      const go = async () => {
        await next()
        if (performance.now() - began < ms) await go()
      }
      await go()
      return times
    })
  ).then((all) => all.flat())

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
const openReaders = async ({ count, mark, port, request, until = "" }) => {
  for (const socket of readers) socket.destroy()
  const kept = mark.length - 1
  readers = await Promise.all(Array.from({ length: count }, () => connect(port)))
  const opened = readers.map(
    (socket) =>
      new Promise((resolve, reject) => {
        let tail = ""
        const refused = (chunk) => {
          const head = chunk.latin1Slice().split("\r\n", 1)[0]
          if (!head.startsWith("HTTP/1.1 200")) reject(new Error(`a reader got ${head}`))
        }
        socket.once("data", refused)
        socket.on("data", (chunk) => {
          const text = tail + chunk.latin1Slice()
          for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + mark.length)) onEvent(text)
          if (text.includes(until)) resolve()
          tail = text.slice(text.length - Math.max(kept, until.length - 1, 0))
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

const sleep = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** From writing the request to the mark on the stream, the first delta; the next when the round is over. */
const firstTokens = async ({ apartMs = 0, count, mark = "event: content_delta", request }) => {
  const [connection] = connections
  const [reader] = readers
  const times = []
  connection.onAnswer = () => {}
  const turn = () =>
    new Promise((resolve) => {
      const sent = performance.now()
      let first = 0
      let tail = ""
      const look = (chunk) => {
        const text = tail + chunk.latin1Slice()
        tail = text.slice(-mark.length)
        if (first === 0 && text.includes(mark)) first = performance.now() - sent
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
    if (apartMs > 0) await sleep(apartMs)
    return play(left - 1)
  }
  return play(count)
}

/** One room that is asked to go on whenever its round is over, until the time is up; gives how many turns ended. */
const talk = async (port, { follow, goOn }, until, apartMs) => {
  const reader = await connect(port)
  let turns = 0
  await new Promise((resolve, reject) => {
    let tail = ""
    // A connection of its own: one that is idle for long is closed by the server.
    const ask = async () => {
      if (apartMs > 0) await sleep(apartMs)
      const { head } = await once({ port, request: goOn })
      if (!head.startsWith("HTTP/1.1 200")) throw new Error(head.split("\r\n", 1)[0])
    }
    reader.once("data", () => ask().catch(reject))
    reader.on("data", (chunk) => {
      const text = tail + chunk.latin1Slice()
      turns += text.split("event: stream_end").length - 1
      const isOver = text.includes("event: round_ended")
      tail = isOver ? "" : text.slice(1 - "event: stream_end".length)
      if (isOver && performance.now() < until) ask().catch(reject)
      else if (isOver) resolve()
    })
    reader.write(follow)
  })
  reader.destroy()
  return turns
}

const keepTalking = async ({ apartMs = 0, ms, port, rooms }) => {
  const began = performance.now()
  const turns = await Promise.all(rooms.map((room) => talk(port, room, began + ms, apartMs)))
  return { count: turns.reduce((sum, it) => sum + it, 0), ms: performance.now() - began }
}

let probing
/** Asks every few milliseconds, each time on a new connection, until `probed` asks for the longest time of all. */
const probe = async (asked) => {
  let isOver = false
  let longest = 0
  const look = async () => {
    const sent = performance.now()
    await once(asked)
    longest = Math.max(longest, performance.now() - sent)
    if (isOver) return longest
    await sleep(5)
    return look()
  }
  const over = look()
  probing = () => {
    isOver = true
    return over
  }
}

const probed = () => probing()

answering({
  ask,
  fanOut,
  firstTokens,
  keepTalking,
  latencies,
  nextFrame,
  once,
  openConnections,
  openReaders,
  probe,
  probed
})
