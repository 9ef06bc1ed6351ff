import type { DurableEvent, LiveEvent } from "../domain/Event.ts"
import { Refused, request } from "./api.ts"

export type RoomEvent = DurableEvent | LiveEvent

export interface Listener {
  /** `resumed` means that what was missed follows; otherwise the room must be read again. */
  readonly opened: (resumed: boolean) => void
  readonly event: (event: RoomEvent) => void
  /** The connection is lost and is being made again. */
  readonly waiting: () => void
  /** The server will not have this reader back. */
  readonly refused: (error: Refused) => void
}

const backOffSeconds = [1, 2, 5, 10]
/** Three of the server's heartbeats. */
const silenceMillis = 45_000

const frames = (onFrame: (id: string | null, data: string) => void) => {
  let rest = ""
  return (text: string) => {
    const parts = (rest + text).split("\n\n")
    rest = parts.pop() ?? ""
    for (const part of parts) {
      const field = (name: string) =>
        part.split("\n").flatMap((line) => (line.startsWith(`${name}: `) ? line.slice(name.length + 2) : []))
      const data = field("data")
      if (data.length > 0) onFrame(field("id")[0] ?? null, data.join("\n"))
    }
  }
}

/** Follows a room until the returned function is called. Reconnects from the last event that it had. */
export const follow = (roomId: number, listener: Listener) => {
  let lastId: string | null = null
  let failures = 0
  let attempt = new AbortController()
  let timer = 0
  let waiting = false
  let stopped = false

  const watch = () => {
    clearTimeout(timer)
    timer = setTimeout(() => attempt.abort(), silenceMillis)
  }

  const receive = (id: string | null, data: string) => {
    if (stopped) return
    const event: RoomEvent = JSON.parse(data)
    listener.event(event)
    if (event.type === "reset") lastId = String(event.after)
    else if (id !== null) lastId = id
  }

  const read = async (signal: AbortSignal) => {
    const headers = { Accept: "text/event-stream", ...(lastId === null ? {} : { "Last-Event-ID": lastId }) }
    const { body } = await request(`/rooms/${roomId}/stream`, { headers, signal, cache: "no-store" })
    failures = 0
    listener.opened(lastId !== null)
    const parse = frames(receive)
    const write = (text: string) => {
      watch()
      parse(text)
    }
    await body?.pipeThrough(new TextDecoderStream()).pipeTo(new WritableStream({ write }), { signal })
  }

  const connect = async () => {
    waiting = false
    attempt = new AbortController()
    watch()
    try {
      await read(attempt.signal)
    } catch (error) {
      if (!stopped && error instanceof Refused && [401, 403, 404].includes(error.status)) {
        stop()
        listener.refused(error)
      }
    }
    if (stopped) return
    waiting = true
    listener.waiting()
    clearTimeout(timer)
    timer = setTimeout(connect, 1000 * (backOffSeconds[Math.min(failures, backOffSeconds.length - 1)] ?? 1))
    failures += 1
  }

  const hurry = () => {
    if (!waiting || stopped) return
    clearTimeout(timer)
    void connect()
  }
  window.addEventListener("online", hurry)

  const stop = () => {
    stopped = true
    clearTimeout(timer)
    window.removeEventListener("online", hurry)
    attempt.abort()
  }

  void connect()
  return stop
}
